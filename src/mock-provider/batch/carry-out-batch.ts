import { once } from "node:events";
import type { WriteStream } from "node:fs";
import { checkQuestion, poisonedRefusal } from "../check-question.ts";
import { BodyError } from "../formats/body-fields.ts";
import { openAiFormat, writeOpenAiRefusal } from "../formats/openai.ts";
import { makeAnswer } from "../make-answer.ts";
import { type AnswerFault, planFaults } from "../plan-faults.ts";
import type { ProviderState } from "../provider-state.ts";
import type { Refusal } from "../refusal.ts";
import type { FileStore, MockFile } from "./file-store.ts";
import type { BatchRequest } from "./read-batch-input.ts";

/** What a batch wrote. A file without a line is not made. */
export interface BatchOutcome {
  readonly output: MockFile | null;
  readonly errors: MockFile | null;
  readonly completed: number;
  readonly failed: number;
}

/** Why requests that were not carried out were not. */
export type UndoneReason = "batch_expired" | "batch_cancelled";

/** Faults that fall on the lines of a batch; on the items of an answer they fall only in live requests. */
const lineFaults: ReadonlySet<AnswerFault> = new Set([
  "reorder",
  "missingItems",
  "duplicateIndex",
  "cutBody",
  "slowBody",
]);

/**
 * Carries out the first `done` requests of a batch and writes its files: answers in one, refusals in
 * the other, where those that were not carried out stand too. What is answered is paid at half the price.
 */
export async function carryOutBatch(
  batch: {
    readonly id: string;
    readonly requests: readonly BatchRequest[];
    readonly done: number;
    readonly undone: UndoneReason;
  },
  files: FileStore,
  state: ProviderState,
): Promise<BatchOutcome> {
  const arranged = planFaults(state.faults, state.settings.seed, state.ledger.arrive()).answer;
  const output = await files.write(`${batch.id}_output.jsonl`);
  const errors = await files.write(`${batch.id}_error.jsonl`);
  let completed = 0;
  let failed = 0;
  const carriedOut = batch.requests.slice(0, batch.done);
  const ordered = arranged.has("reorder") ? carriedOut.toReversed() : carriedOut;
  for (const [place, request] of ordered.entries()) {
    const id = `batch_req_${batch.id.slice("batch_".length)}_${place}`;
    const answer = await answerLine(request, state);
    const line = writeLine(id, request.customId, answer);
    if (answer.status === 200) {
      completed++;
      if (arranged.has("missingItems") && place === ordered.length - 1) continue;
      await writeTo(output.stream, line);
      if (arranged.has("duplicateIndex") && place === 0) await writeTo(output.stream, line);
    } else {
      failed++;
      await writeTo(errors.stream, line);
    }
  }
  for (const { customId } of batch.requests.slice(batch.done)) {
    failed++;
    const error = {
      code: batch.undone,
      message: "This request could not be executed before the batch ended.",
    };
    await writeTo(
      errors.stream,
      `${JSON.stringify({ id: `batch_req_${failed}`, custom_id: customId, response: null, error })}\n`,
    );
  }
  return { output: await kept(output, files), errors: await kept(errors, files), completed, failed };
}

interface LineAnswer {
  readonly status: number;
  /** JSON. */
  readonly body: string;
}

async function answerLine({ body }: BatchRequest, state: ProviderState): Promise<LineAnswer> {
  const { ledger, settings } = state;
  const number = ledger.arrive();
  const refuse = (refusal: Refusal): LineAnswer => {
    ledger.refuse(refusal.reason);
    return { status: refusal.status, body: writeOpenAiRefusal(refusal) };
  };
  try {
    const question = openAiFormat.read(body, {}, []);
    if ("status" in question) return refuse(question);
    const checked = await checkQuestion(question, null, state);
    if (!checked.ok) return refuse(checked.refusal);
    const poisoned = poisonedRefusal(checked.checked, state);
    if (poisoned !== null) return refuse(poisoned);
    const spoilt = new Set(
      [...planFaults(state.faults, settings.seed, number).answer].filter((fault) => !lineFaults.has(fault)),
    );
    const answer = await makeAnswer(checked.checked, { number, arrivedMs: performance.now() }, spoilt, state);
    for (const fault of spoilt) ledger.fault(fault);
    ledger.pay(checked.checked.texts, checked.checked.tokens, true);
    return { status: 200, body: openAiFormat.write(answer, question) };
  } catch (error) {
    if (error instanceof BodyError) return refuse(error.refusal);
    throw error;
  }
}

function writeLine(id: string, customId: string, { status, body }: LineAnswer): string {
  const named = `"id":"${id}","custom_id":${JSON.stringify(customId)}`;
  return `{${named},"response":{"status_code":${status},"request_id":"${id}","body":${body}},"error":null}\n`;
}

async function writeTo(stream: WriteStream, line: string): Promise<void> {
  if (!stream.write(line)) await once(stream, "drain");
}

/** The file, or null where nothing was written to it. */
async function kept(file: { finish(): Promise<MockFile> }, files: FileStore): Promise<MockFile | null> {
  const finished = await file.finish();
  if (finished.bytes > 0) return finished;
  await files.remove(finished.id);
  return null;
}
