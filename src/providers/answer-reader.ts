import { move, Piscina, transferableSymbol, valueSymbol } from "piscina";
import { ProviderFailure } from "../core/provider.ts";
import { type ReadAnswer, readAnswer } from "./read-answer.ts";
import type { ReadReply, ReadTask } from "./read-answer.worker.ts";

/**
 * Bodies beyond this are read in a worker, so that reading holds the main thread up for some 10 ms at
 * most: JSON of numbers is parsed at about 50 to 100 MB/s, and base64 in it read at a gigabyte a second.
 */
const inlineBytes = { numbers: 512 * 1024, base64: 3 * 1024 * 1024 } as const;

/** By here an answer has shown its first vector's form. */
const lookBytes = 512;

function mayBeReadInline(body: Uint8Array<ArrayBuffer>): boolean {
  if (body.byteLength <= inlineBytes.numbers) return true;
  const beginning = Buffer.from(body.buffer, body.byteOffset, lookBytes).toString("latin1");
  return body.byteLength <= inlineBytes.base64 && /"embedding":\s*"/.test(beginning);
}

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
  let turn = Promise.resolve();

  return {
    async read(body, texts) {
      if (mayBeReadInline(body)) {
        // Answers that come together are read one a turn: other work is held up by one at most.
        await (turn = turn.then(nextTurn));
        return readAnswer(Buffer.from(body.buffer, body.byteOffset, body.byteLength), texts);
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

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

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
