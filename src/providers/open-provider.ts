import type { Worker } from "node:worker_threads";
import type { HostedReference } from "../core/model-reference.ts";
import type { EmbeddingProvider } from "../core/provider.ts";
import type { SpaceDescription } from "../core/space.ts";
import type { Environment } from "./provider-key.ts";
import { openProviderThread, type ProviderThread, startWorker } from "./provider-thread.ts";
import type { ProviderStart } from "./provider-messages.ts";

/**
 * Opens the provider that a reference names, with its key, in a thread of its own: answers of megabytes
 * are received and read there, and hold nobody up. A thread that dies fails what was asked of it, as a
 * broken connection would, and the next request starts another.
 * @param start starts the thread's worker
 * @throws REEMBED_PROVIDER_KEY, REEMBED_PROVIDER_PACKAGE, REEMBED_PROVIDER_ANSWER where the server has
 * another digest than the one that is pinned
 */
export async function openProvider(
  reference: HostedReference,
  space: SpaceDescription,
  env: Environment,
  start: (data: ProviderStart) => Worker = startWorker,
): Promise<EmbeddingProvider> {
  const data: ProviderStart = { reference, space, env: { ...env } };
  let thread: ProviderThread | null = await openProviderThread(start(data));
  let opening: Promise<ProviderThread> | null = null;

  /** The thread that is there, or a new one; several requests at once start one alone. */
  async function usable(): Promise<ProviderThread> {
    if (thread !== null && thread.alive) return thread;
    opening ??= openProviderThread(start(data)).finally(() => (opening = null));
    return (thread = await opening);
  }

  return {
    async embed(request) {
      const { ask } = await usable();
      return ask(request);
    },
    close() {
      thread?.close();
    },
  };
}
