import { move, Piscina, transferableSymbol, valueSymbol } from "piscina";
import { ProviderFailure } from "../core/provider.ts";
import { type ReadAnswer, readAnswer } from "./read-answer.ts";
import type { ReadReply, ReadTask } from "./read-answer.worker.ts";

/**
 * Bodies beyond this are read in a worker. JSON of numbers is parsed at about 100 MB/s, so a body of
 * this size holds the main thread up for some 5 ms; a message to a worker costs a tenth of one.
 */
const inlineBytes = 512 * 1024;

/** One thread reads as fast as a gigabit line brings JSON; two leave it room on a machine that is busy. */
const threads = 2;

/** Ends a thread that had nothing to read, so that a lane at rest costs nothing. Unit: ms. */
const idleTimeoutMs = 10_000;

/** Reads the bodies of answers, the long ones beside the main thread. */
export interface AnswerReader {
  /** Owner: the body is the reader's from now on. @throws ProviderFailure `malformed` */
  read(body: Uint8Array<ArrayBuffer>, texts: number): Promise<ReadAnswer>;
  close(): void;
}

/** A reader whose threads start with the first long answer. */
export function createAnswerReader(): AnswerReader {
  let pool: Piscina | null = null;

  return {
    async read(body, texts) {
      if (body.byteLength <= inlineBytes) {
        return readAnswer(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString(), texts);
      }
      pool ??= startThreads();
      const task: ReadTask = { body, texts };
      const wrapped = { [transferableSymbol]: [body.buffer], [valueSymbol]: task };
      const reply = (await pool.run(move(wrapped))) as ReadReply;
      if (reply.ok) return reply.answer;
      throw new ProviderFailure("malformed", reply.message);
    },
    close() {
      void pool?.destroy();
      pool = null;
    },
  };
}

function startThreads(): Piscina {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new Piscina({
    filename: new URL(`./read-answer.worker.${extension}`, import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: idleTimeoutMs,
    recordTiming: false,
  });
}
