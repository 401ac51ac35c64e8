import { ReembedError, throwIfAborted } from "../core/errors.ts";
import { pause } from "../core/pause.ts";

/** How the hub is reached. */
export interface HubContext {
  /** Address of the hub, without a slash at its end. */
  readonly endpoint: string;
  /** Sent to the endpoint alone, and written nowhere. Null: only what is public can be had. */
  readonly token: string | null;
  /** Whether the network is not to be used. */
  readonly offline: boolean;
  /** The hub's cache on disk, as its own tools lay it out. */
  readonly cacheFolder: string;
  readonly signal?: AbortSignal | undefined;
  /** Waits before a request is made again. @throws REEMBED_INTERRUPTED */
  wait(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

/** A repository of the hub at one commit. */
export interface HubRepository {
  readonly owner: string;
  readonly name: string;
  /** Full commit hash; a branch, a tag or part of a hash only where it is to be looked up. */
  readonly revision: string;
}

/** Words that the hub's own tools take for "yes". Source: huggingface_hub, constants.py */
const yes: ReadonlySet<string> = new Set(["1", "on", "yes", "true"]);

/** Environment variables, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * How the hub is reached, by the settings and by the variables that its own tools know.
 * @throws REEMBED_CONFIG_INVALID for an endpoint that is no address
 */
export function openHub(
  settings: { readonly endpoint: string; readonly cacheFolder: string },
  env: Environment,
): HubContext {
  const token = env["HF_TOKEN"]?.trim() ?? "";
  return {
    endpoint: checkEndpoint(settings.endpoint),
    cacheFolder: settings.cacheFolder,
    token: token === "" ? null : token,
    offline: yes.has((env["HF_HUB_OFFLINE"] ?? "").toLowerCase()),
    async wait(ms, signal) {
      await pause(ms, signal);
      throwIfAborted(signal);
    },
  };
}

/** The endpoint as an address to put paths behind. */
function checkEndpoint(written: string): string {
  const url = URL.parse(written);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "") {
    return written.replace(/\/+$/, "");
  }
  // Not shown: an address with a password in it is one of the things that are refused.
  throw new ReembedError(
    "REEMBED_CONFIG_INVALID",
    "the hub's endpoint (hubEndpoint, HF_ENDPOINT) is no http or https address without a user name and password; write one such as https://huggingface.co",
    { details: { setting: "hubEndpoint" } },
  );
}

/** Refuses to use the network where that is not wanted. @throws REEMBED_HUB_OFFLINE */
export function requireOnline({ offline }: HubContext, what: string): void {
  if (!offline) return;
  throw new ReembedError(
    "REEMBED_HUB_OFFLINE",
    `${what} is not in the cache, and HF_HUB_OFFLINE forbids fetching it; unset it, or put the package into the cache by other means`,
    { details: { what } },
  );
}
