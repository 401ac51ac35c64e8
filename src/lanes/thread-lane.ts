import fastq from "fastq";
import { ReembedError, throwIfAborted } from "../core/errors.ts";
import type { EmbedAnswer, EmbedderPlan, EmbedReply } from "../core/messages.ts";
import type { Lane } from "../core/ports.ts";
import type { Grouping, Space } from "../core/space.ts";
import { createEmbedCall, type EmbedCall, type Slice } from "./embed-call.ts";
import { createLaneClock } from "./lane-clock.ts";
import type { SlicePolicy } from "./slice-plan.ts";
import { startWorkerPool } from "./worker-pool.ts";

export interface ThreadLaneOptions {
  readonly space: Space;
  readonly plan: EmbedderPlan;
  readonly workers: number;
}

/** How often a slice is tried again after its worker died. */
const maxRetries = 2;

/** Weight of the newest slice in the measured rate. */
const rateWeight = 0.2;

/**
 * Slices by what a call may hold. A transformer that takes texts of equal length together wants long
 * slices, so that equal lengths meet; one that takes them alone wants slices just long enough that a
 * message costs nothing. First rates are of a slow machine, so that a first slice is never long.
 */
const policies: Readonly<Record<Grouping | "static", SlicePolicy>> = {
  alone: { targetMs: 60, firstTokensPerSecond: 3_000, adaptive: true, longestFirst: true },
  any: { targetMs: 400, firstTokensPerSecond: 2_000, adaptive: true, longestFirst: true },
  "equal-length": { targetMs: 400, firstTokensPerSecond: 4_000, adaptive: false, longestFirst: true },
  static: { targetMs: 20, firstTokensPerSecond: 1_000_000, adaptive: true, longestFirst: false },
};

/**
 * Opens the thread lane: worker threads, each with the model open, and ready to embed.
 * @throws REEMBED_MODEL_LOAD_FAILED, REEMBED_MODEL_UNSUPPORTED, REEMBED_MODEL_FILE_DAMAGED,
 * REEMBED_LANE_WORKER_DIED
 */
export async function openThreadLane({ space, plan, workers }: ThreadLaneOptions): Promise<Lane> {
  const opened = performance.now();
  const { description } = space;
  const policy = policies[description.kind === "static" ? "static" : description.grouping];
  const clock = createLaneClock();
  const calls = new Set<EmbedCall>();
  const totals = { texts: 0, tokens: 0, slots: 0, tokenizeSeconds: 0, inferSeconds: 0 };
  let tokensPerSecond = policy.firstTokensPerSecond;
  const greetings = new Set<Promise<unknown>>();
  let closing: Promise<void> | null = null;

  const pool = startWorkerPool(plan, workers);

  /** Slices wait here in order; as many are with the workers as keep each one's next slice at hand. */
  const queue = fastq.promise(send, pool.capacity);

  /**
   * Ends the workers once they are idle. A thread that is ended inside ONNX Runtime takes the whole
   * process with it, so what is with a worker is waited for, also where nobody wants it any more.
   */
  async function endWorkers(): Promise<void> {
    await Promise.allSettled(greetings);
    await queue.drained();
    await pool.close();
  }

  async function send(slice: Slice): Promise<void> {
    if (slice.call.settled) return;
    let reply: EmbedReply;
    try {
      reply = await pool.run(slice.request);
    } catch (error) {
      slice.deaths++;
      if (slice.deaths > maxRetries) slice.call.fail(workerDied(error, slice));
      else void queue.unshift(slice);
      return;
    }
    if (!reply.ok) {
      slice.call.fail(ReembedError.fromData(reply.error));
      return;
    }
    count(slice, reply);
    await slice.call.accept(slice, reply);
  }

  function count(slice: Slice, answer: EmbedAnswer): void {
    totals.texts += slice.request.texts.length;
    totals.tokens += answer.tokens;
    totals.slots += answer.slots;
    totals.tokenizeSeconds += answer.tokenizeSeconds;
    totals.inferSeconds += answer.inferSeconds;
    const seconds = answer.tokenizeSeconds + answer.inferSeconds;
    if (!policy.adaptive || seconds === 0) return;
    tokensPerSecond += rateWeight * (slice.cost / seconds - tokensPerSecond);
  }

  /** Asks every worker for nothing: each answers once its model is open. The first answer is enough. */
  async function greet(): Promise<void> {
    const answers = Array.from({ length: workers }, () => pool.run({ texts: [], purpose: "document" }));
    for (const answer of answers) {
      // Whoever fails after the first says so again in its answer to the first slice.
      answer.catch(() => {});
      greetings.add(answer);
    }
    const first = await Promise.race(answers);
    if (!first.ok) throw ReembedError.fromData(first.error);
  }

  try {
    await greet();
  } catch (error) {
    await endWorkers();
    throw error instanceof ReembedError ? error : workerDied(error);
  }
  const startSeconds = (performance.now() - opened) / 1000;

  return {
    space,
    get stats() {
      return { workers, ...totals, busySeconds: clock.busySeconds(), startSeconds };
    },
    async embed(texts, options) {
      const { signal, purpose } = options;
      throwIfAborted(signal);
      if (closing !== null) throw new ReembedError("REEMBED_INTERNAL", "the lane is closed; open another");
      const call = createEmbedCall(texts, options, {
        dimensions: description.dimensions,
        maxTokens: description.maxTokens,
        workers,
        policy,
        tokensPerSecond,
      });
      const interrupt = (): void => {
        try {
          throwIfAborted(signal);
        } catch (error) {
          call.fail(ReembedError.from(error));
        }
      };
      signal?.addEventListener("abort", interrupt, { once: true });
      calls.add(call);
      clock.enter();
      try {
        // Someone waits for a query; nobody waits for one window of a backfill.
        if (purpose === "query") for (const slice of call.slices.toReversed()) void queue.unshift(slice);
        else for (const slice of call.slices) void queue.push(slice);
        return await call.result;
      } finally {
        clock.leave();
        calls.delete(call);
        signal?.removeEventListener("abort", interrupt);
      }
    },
    close() {
      closing ??= (async () => {
        await Promise.allSettled([...calls].map(({ result }) => result));
        await endWorkers();
      })();
      return closing;
    },
  };
}

function workerDied(cause: unknown, slice?: Slice): ReembedError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const what =
    slice === undefined
      ? "a worker thread could not be started"
      : `${slice.deaths} worker threads died over the same ${slice.request.texts.length} texts`;
  return new ReembedError(
    "REEMBED_LANE_WORKER_DIED",
    `${what} (${reason}); if memory ran out, use fewer workers, then run the same command to go on`,
    { details: { reason, texts: slice?.request.texts.length ?? 0 }, cause },
  );
}
