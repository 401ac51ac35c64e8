import { randomUUID } from "node:crypto";
import { copyFile, mkdir, rename, rm, stat, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { HubContext, HubRepository } from "./hub-context.ts";
import type { HubFile } from "./hub-listing.ts";

/*
 * The layout of the cache is that of the hub's own tools, so that they share each file:
 *
 *     models--OWNER--NAME/blobs/ETAG                 the bytes, once
 *     models--OWNER--NAME/blobs/ETAG.incomplete      the bytes so far
 *     models--OWNER--NAME/snapshots/COMMIT/PATH      a link to the blob
 *
 * Names in refs/ stand for branches and tags, which are never used here.
 * Source: huggingface.co/docs/huggingface_hub, "Understand caching".
 */

type Named = Pick<HubRepository, "owner" | "name">;

function repositoryFolder(cacheFolder: string, { owner, name }: Named): string {
  return join(cacheFolder, `models--${owner}--${name}`);
}

/** Where a repository's files at a commit are found by their paths. */
export function snapshotFolder(cacheFolder: string, repository: HubRepository): string {
  return join(repositoryFolder(cacheFolder, repository), "snapshots", repository.revision);
}

/** Where the bytes of a file are. */
export function blobPath(cacheFolder: string, repository: Named, { etag }: Pick<HubFile, "etag">): string {
  return join(repositoryFolder(cacheFolder, repository), "blobs", etag);
}

/** Makes a blob appear under its path in the snapshot, in one step; leaves what is right there already. */
export async function linkFile(
  { cacheFolder }: Pick<HubContext, "cacheFolder">,
  repository: HubRepository,
  file: HubFile,
): Promise<void> {
  const blob = blobPath(cacheFolder, repository, file);
  const path = join(snapshotFolder(cacheFolder, repository), file.path);
  const [present, wanted] = await Promise.all([stat(path).catch(() => null), stat(blob)]);
  if (present?.ino === wanted.ino && present.dev === wanted.dev) return;
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await symlink(relative(dirname(path), blob), temporary).catch(async (error: unknown) => {
      // Windows allows links to few users; a copy does the same.
      if (!(error instanceof Error && "code" in error && error.code === "EPERM")) throw error;
      await copyFile(blob, temporary);
    });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
