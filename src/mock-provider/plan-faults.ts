import { chance } from "./chance.ts";
import { type Refusal, serverError, tooManyRequests } from "./refusal.ts";
import type { MockFaults, RetryHint } from "./settings.ts";

/** What goes wrong with an answer: its items, its vectors, its name or its way to the client. */
const answerFaults = [
  "slowBody",
  "cutBody",
  "nan",
  "wrongDimension",
  "reorder",
  "missingItems",
  "duplicateIndex",
  "otherModel",
] as const satisfies readonly (keyof MockFaults)[];
export type AnswerFault = (typeof answerFaults)[number];

/** What goes wrong with one request, decided before it is looked at. */
export interface FaultPlan {
  readonly refusal: Refusal | null;
  readonly stall: boolean;
  readonly answer: ReadonlySet<AnswerFault>;
}

const randomHintMs = 1_000;
const serverStatuses = [500, 502, 503] as const;
const takingTurns: readonly RetryHint[] = ["seconds", "milliseconds", "none"];

/** The faults of one request: the same for the same seed and number. */
export function planFaults(faults: MockFaults, seed: number, requestNumber: number): FaultPlan {
  const happens = (share: number, purpose: string): boolean =>
    share > 0 && chance(seed, requestNumber, purpose) < share;
  return {
    refusal: happens(faults.error429, "error429")
      ? randomRefusal(faults, requestNumber)
      : happens(faults.error5xx, "error5xx")
        ? randomServerError(seed, requestNumber)
        : null,
    stall: happens(faults.stall, "stall"),
    answer: new Set(answerFaults.filter((fault) => happens(faults[fault], fault))),
  };
}

function randomRefusal({ error429Hint }: MockFaults, requestNumber: number): Refusal {
  const hint = error429Hint === "mixed" ? takingTurns[requestNumber % takingTurns.length]! : error429Hint;
  const message = "Rate limit reached: the server has too much to do. Please try again later.";
  return tooManyRequests("random-429", message, { ms: randomHintMs, hint });
}

function randomServerError(seed: number, requestNumber: number): Refusal {
  const drawn = Math.floor(chance(seed, requestNumber, "status") * serverStatuses.length);
  const status = serverStatuses[drawn]!;
  return serverError("random-5xx", status, "The server had an error while processing your request.");
}
