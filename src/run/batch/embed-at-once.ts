import type { HashSet } from "../../core/hash-set.ts";
import { spooledLane } from "../spooled-lane.ts";
import type { BatchPassOptions } from "./batch-pass-options.ts";
import { unaskedTexts } from "./create-batches.ts";

/** Texts handed to the live lane at once, so that their vectors and not the corpus are in memory. */
const windowTexts = 4096;

/**
 * Embeds the first texts that are in no batch, up to so many tokens, with live requests. Their vectors
 * go to the spool and are committed with the others.
 */
export async function embedAtOnce(options: BatchPassOptions, tried: HashSet, tokens: number): Promise<void> {
  const live = spooledLane(await options.openLive(), options.spool, options.guard);
  const { signal } = options;
  let left = tokens;
  let window: string[] = [];
  const flush = async (): Promise<void> => {
    if (window.length > 0) await live.embed(window, { purpose: "document", signal });
    window = [];
  };
  for await (const { hash, text } of unaskedTexts(options, tried)) {
    const input = options.lane.prepare(hash, text);
    if (input === null) continue;
    if (left <= 0) break;
    left -= input.tokens;
    window.push(text);
    if (window.length >= windowTexts) await flush();
  }
  await flush();
}
