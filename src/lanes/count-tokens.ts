import { ReembedError, throwIfAborted } from "../core/errors.ts";
import { packTexts } from "../core/utf8-texts.ts";
import type { WorkerPool } from "./worker-pool.ts";

/**
 * Texts of one message: some hundred kilobytes of usual texts, so that a message costs nothing and an
 * interrupted count ends soon.
 */
const sliceTexts = 256;

/**
 * Counts the tokens of documents in the workers of a pool.
 * @param step what the model offers: a transformer tokenises alone, a static model embeds as quickly
 * @throws REEMBED_EMBED_FAILED, REEMBED_INTERRUPTED, and whatever ends a worker
 */
export async function countTokens(
  pool: Pick<WorkerPool, "run" | "capacity">,
  step: "tokenize" | "embed",
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<number> {
  let at = 0;
  let tokens = 0;
  const countSlices = async (): Promise<void> => {
    while (at < texts.length) {
      throwIfAborted(signal);
      const slice = packTexts(texts.slice(at, at + sliceTexts));
      at += sliceTexts;
      const reply = await pool.run(
        step === "tokenize" ? { step, texts: slice } : { step, texts: slice, purpose: "document" },
      );
      if (!reply.ok) throw ReembedError.fromData(reply.error);
      tokens += reply.step === "tokenize" ? sum(reply.lengths) : reply.tokens;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: pool.capacity }, countSlices));
  const failure = ends.find((end) => end.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  return tokens;
}

function sum(lengths: Int32Array): number {
  return lengths.reduce((total, length) => total + length, 0);
}
