import { setTimeout as sleep } from "node:timers/promises";
import { checkQuestion, poisonedRefusal } from "./check-question.ts";
import { BodyError, notJson } from "./formats/body-fields.ts";
import { drawLatencyMs } from "./latency.ts";
import { makeAnswer } from "./make-answer.ts";
import { type AnswerFault, planFaults } from "./plan-faults.ts";
import type { ProviderState } from "./provider-state.ts";
import { type Refusal, retryHeaders } from "./refusal.ts";
import { type Delivery, jsonReply, type MockCall, type MockReply, type MockRoute } from "./route.ts";
import { type EmbeddingQuestion, isRefusal, type WireFormat } from "./wire-format.ts";

/** The routes that make vectors: one per wire format. */
export function embeddingRoutes(formats: readonly WireFormat[], state: ProviderState): MockRoute[] {
  return formats.map((format) => ({
    method: "POST",
    path: format.path,
    maxBytes: state.settings.limits.bytesPerRequest,
    guarded: true,
    answer: (call) => answerQuestion(format, call, state),
  }));
}

async function answerQuestion(format: WireFormat, call: MockCall, state: ProviderState): Promise<MockReply> {
  const { ledger, limits, settings } = state;
  const number = ledger.arrive();
  const plan = planFaults(state.faults, settings.seed, number);
  const refuse = (refusal: Refusal): MockReply => {
    ledger.refuse(refusal.reason);
    const { status, body } = format.refuse(refusal);
    return jsonReply(status, body, { ...limits.headers(), ...retryHeaders(refusal) });
  };
  if (plan.stall) {
    ledger.fault("stall");
    return { ...jsonReply(200, ""), delivery: { kind: "stall" } };
  }

  const question = readQuestion(format, call, state);
  if (isRefusal(question)) return refuse(question);
  const checked = await checkQuestion(question, format.maxItems, state);
  if (!checked.ok) return refuse(checked.refusal);
  if (plan.refusal !== null) return refuse(plan.refusal);
  const limited = limits.admit(checked.checked.tokens);
  if (limited !== null) return refuse(limited);

  try {
    const { tokens, texts } = checked.checked;
    // As they stand when the request was let in: a client reads what was left then.
    const headers = limits.headers();
    await wait(drawLatencyMs(state.settings.latency, settings.seed, number, tokens), state.ending);
    const poisoned = poisonedRefusal(checked.checked, state);
    if (poisoned !== null) return refuse(poisoned);
    const answer = await makeAnswer(
      checked.checked,
      { number, arrivedMs: call.arrivedMs },
      plan.answer,
      state,
    );
    for (const fault of plan.answer) ledger.fault(fault);
    ledger.pay(texts, tokens, false);
    const reply = jsonReply(200, format.write(answer, question), headers);
    return { ...reply, delivery: deliveryOf(plan.answer, state) };
  } finally {
    limits.leave();
  }
}

function readQuestion(
  format: WireFormat,
  { body, groups }: MockCall,
  { models }: ProviderState,
): EmbeddingQuestion | Refusal {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    return notJson;
  }
  try {
    return format.read(value, groups, [...models.values()]);
  } catch (error) {
    if (error instanceof BodyError) return error.refusal;
    throw error;
  }
}

function deliveryOf(spoilt: ReadonlySet<AnswerFault>, { faults }: ProviderState): Delivery {
  if (spoilt.has("cutBody")) return { kind: "cut" };
  if (spoilt.has("slowBody")) return { kind: "slow", ms: faults.slowBodyMs };
  return { kind: "whole" };
}

/** Waits, or until the server ends. */
export async function wait(ms: number, ending: AbortSignal): Promise<void> {
  if (ms <= 0) return;
  await sleep(ms, undefined, { signal: ending }).catch(() => {
    // The server ends: whoever waited is answered at once.
  });
}
