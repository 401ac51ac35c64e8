import type { OutputPart, OutputVerdict, RemoteBatch } from "../../core/batch.ts";
import type { BatchEntry } from "../../core/batch-journal.ts";
import { ReembedError, throwIfAborted } from "../../core/errors.ts";
import type { HashSet } from "../../core/hash-set.ts";
import type { BatchPassOptions } from "./batch-pass-options.ts";
import type { BatchTally } from "./batch-tally.ts";

/**
 * Takes in what a batch that ended has brought: its files are fetched, judged whole, and their vectors
 * made durable in the spool; only then is it recorded as collected, and tidied up.
 * @param tried gets the texts of the batch: those without a vector are left to live requests
 * @throws REEMBED_PROVIDER_ANSWER where a vector is of another space: nothing of the batch is stored
 */
export async function collectBatch(
  options: BatchPassOptions,
  entry: BatchEntry,
  batch: RemoteBatch,
  { tally, tried }: { readonly tally: BatchTally; readonly tried: HashSet },
): Promise<void> {
  const { lane, journal, version, emit, signal } = options;
  const output = batch.outputFile === null ? null : entry.output;
  const errors = batch.errorFile === null ? null : entry.errors;
  if (batch.outputFile !== null) await lane.download(batch.outputFile, entry.output, signal);
  if (batch.errorFile !== null) await lane.download(batch.errorFile, entry.errors, signal);
  const asked = await journal.hashes(entry);
  const files = [batch.inputFile, batch.outputFile, batch.errorFile].filter((file) => file !== null);

  let verdict: OutputVerdict;
  try {
    verdict = await lane.judge(asked, output, errors);
  } catch (thrown) {
    const error = ReembedError.from(thrown);
    // Nothing of it can ever be used: the next run does without it.
    if (error.code === "REEMBED_PROVIDER_ANSWER") await journal.advance(entry, { step: "collected", files });
    throw error;
  }
  if (output !== null) {
    for await (const part of lane.vectors(asked, output)) await keepMissing(options, part);
  }
  const collected = await journal.advance(entry, { step: "collected", files });
  lane.setAside(tally.ended(entry, batch.state, verdict) - entry.tokens);
  tried.addAll(asked);
  for (const message of describeFaults(batch, verdict)) emit({ event: "warning:raised", message });
  emit({
    event: "batch:ended",
    version: version.name,
    batch: batch.id,
    state: batch.state,
    texts: entry.texts,
    vectors: verdict.good,
    refusals: verdict.refusals,
  });
  await tidyUp(options, collected);
}

/** Keeps the vectors of a part that are not in the spool: a run that was killed here left some. */
async function keepMissing(
  { spool, version }: BatchPassOptions,
  { hashes, vectors }: OutputPart,
): Promise<void> {
  const { dimensions } = version.space;
  const missing = [...hashes.keys()].filter((row) => !spool.has(hashes[row] as bigint));
  if (missing.length === hashes.length) return spool.append(hashes, vectors);
  const rest = new Float32Array(missing.length * dimensions);
  for (const [at, row] of missing.entries()) {
    rest.set(vectors.subarray(row * dimensions, (row + 1) * dimensions), at * dimensions);
  }
  const rows = BigInt64Array.from(missing, (row) => hashes[row] as bigint);
  return spool.append(rows, rest);
}

/** Removes what a collected batch left, there and here. What cannot be removed there costs only its place. */
export async function tidyUp(
  { lane, journal, emit, signal }: BatchPassOptions,
  entry: BatchEntry,
): Promise<void> {
  const files = entry.progress.step === "collected" ? entry.progress.files : [];
  for (const file of files) {
    try {
      await lane.remove(file);
    } catch (thrown) {
      // The journal still says what is to be removed: the next run does it.
      throwIfAborted(signal);
      const { message } = ReembedError.from(thrown);
      emit({ event: "warning:raised", message: `the file ${file} stays with the provider: ${message}` });
    }
  }
  await journal.forget(entry);
}

/** What people should know of a batch that did not bring all it was asked for. */
function describeFaults(batch: RemoteBatch, verdict: OutputVerdict): string[] {
  const { missing, contradicted, broken, foreign } = verdict;
  const counts: readonly (readonly [count: number, what: string])[] = [
    [missing, "have no answer"],
    [contradicted, "have two that differ"],
    [broken, "have one that holds no vector"],
  ];
  const left = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const why = batch.errors.map(({ code, message }) => `${code}: ${message}`);
  const messages: string[] = [];
  if (left.length > 0) {
    const reason = why.length === 0 ? "" : ` (${why.slice(0, 3).join("; ")})`;
    messages.push(
      `batch ${batch.id} is ${batch.state}${reason}; of its texts ${left.join(", ")}: these are embedded live`,
    );
  }
  if (foreign > 0)
    messages.push(`batch ${batch.id} has ${foreign} answers that nobody asked for; they are dropped`);
  return messages;
}
