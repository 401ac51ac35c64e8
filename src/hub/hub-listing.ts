import { ReembedError } from "../core/errors.ts";
import type { HubContext, HubRepository } from "./hub-context.ts";
import { hubRequest } from "./hub-request.ts";

/** One file of a repository at one commit. */
export interface HubFile {
  /** Within the repository, with forward slashes. */
  readonly path: string;
  readonly bytes: number;
  /** Its name among the cache's blobs: what the hub gives as ETag. Hex. */
  readonly etag: string;
  /** What the ETag is a digest of: the bytes, or git's blob of them. */
  readonly digest: "sha256" | "git-sha1";
}

interface Sibling {
  readonly rfilename?: unknown;
  readonly size?: unknown;
  readonly blobId?: unknown;
  readonly lfs?: { readonly sha256?: unknown; readonly size?: unknown } | null;
}

/**
 * The commit that a branch, a tag or the start of a hash means at this moment.
 * @throws REEMBED_HUB_UNREACHABLE, REEMBED_HUB_REFUSED, REEMBED_HUB_ANSWER
 */
export async function resolveRevision(context: HubContext, repository: HubRepository): Promise<string> {
  const { sha } = await readInfo(context, repository, "");
  if (typeof sha === "string" && /^[0-9a-f]{40}$/.test(sha)) return sha;
  throw strange(repository, "it names no commit");
}

/**
 * Every file of a repository at a commit, with what its bytes must be.
 * @throws REEMBED_HUB_UNREACHABLE, REEMBED_HUB_REFUSED, REEMBED_HUB_ANSWER
 */
export async function listHubFiles(context: HubContext, repository: HubRepository): Promise<HubFile[]> {
  const { sha, siblings } = await readInfo(context, repository, "?blobs=true");
  if (sha !== repository.revision) throw strange(repository, `it is about commit ${JSON.stringify(sha)}`);
  if (!Array.isArray(siblings)) throw strange(repository, "it lists no files");
  return (siblings as readonly Sibling[]).map((sibling) => {
    const file = toHubFile(sibling);
    if (file === null) throw strange(repository, `it does not describe ${JSON.stringify(sibling.rfilename)}`);
    return file;
  });
}

async function readInfo(
  context: HubContext,
  repository: HubRepository,
  query: string,
): Promise<{ readonly sha?: unknown; readonly siblings?: unknown }> {
  const { owner, name, revision } = repository;
  const path = `/api/models/${owner}/${name}/revision/${encodeURIComponent(revision)}${query}`;
  const response = await hubRequest(context, path, { accept: "application/json" });
  try {
    const info: unknown = await response.json();
    if (info !== null && typeof info === "object") return info;
  } catch (error) {
    throw strange(repository, error instanceof Error ? error.message : String(error));
  }
  throw strange(repository, "it is no object");
}

/** A file whose name is safe to be put behind a folder, and whose digest is known; else null. */
function toHubFile({ rfilename: path, size, blobId, lfs }: Sibling): HubFile | null {
  if (typeof path !== "string" || /^\/|\\|:|\0/.test(path) || path.split("/").some(isDots)) return null;
  const bytes = lfs?.size ?? size;
  if (typeof bytes !== "number" || !Number.isSafeInteger(bytes) || bytes < 0) return null;
  const digest = typeof lfs?.sha256 === "string" ? "sha256" : "git-sha1";
  const etag = digest === "sha256" ? lfs?.sha256 : blobId;
  const digits = digest === "sha256" ? 64 : 40;
  if (typeof etag !== "string" || etag.length !== digits || !/^[0-9a-f]+$/.test(etag)) return null;
  return { path, bytes, etag, digest };
}

function isDots(part: string): boolean {
  return part === "" || part === "." || part === "..";
}

function strange({ owner, name, revision }: HubRepository, reason: string): ReembedError {
  return new ReembedError(
    "REEMBED_HUB_ANSWER",
    `the hub's answer about ${owner}/${name} at ${revision} cannot be used: ${reason}; check that HF_ENDPOINT is a hub of models`,
    { details: { repository: `${owner}/${name}`, revision, reason } },
  );
}
