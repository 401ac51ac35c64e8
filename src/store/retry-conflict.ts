import { setTimeout as sleep } from "node:timers/promises";
import type { ErrorCode } from "../core/errors.ts";
import { isConflict, lostScratchFiles, storeError } from "./store-error.ts";

/**
 * Pauses before each new attempt after a lost commit, in milliseconds. A commit takes a few
 * milliseconds on disk and up to some hundred on an object store, so these outlast a burst of both.
 */
const pausesMs = [5, 20, 60, 150, 400, 1000] as const;

/**
 * Runs `attempt` until it does not lose to another writer's commit, or its own scratch files; it must
 * read the table anew each time. Pauses are spread by up to half, so that two losers do not meet again.
 * @throws REEMBED_STORE_CONFLICT when every attempt lost; else `code`
 */
export async function retryConflict<Result>(
  doing: string,
  code: ErrorCode,
  attempt: () => Promise<Result>,
): Promise<Result> {
  for (const pauseMs of pausesMs) {
    try {
      return await attempt();
    } catch (error) {
      if (!isConflict(error) && !lostScratchFiles(error)) throw storeError(error, code, doing);
      await sleep(pauseMs * (0.75 + Math.random() / 2));
    }
  }
  try {
    return await attempt();
  } catch (error) {
    throw storeError(error, code, doing);
  }
}
