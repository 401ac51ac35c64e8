import { nearestName } from "../core/nearest-name.ts";
import { type MockFaults, noFaults, type Poison, retryHints } from "./settings.ts";

type Check = (value: unknown) => boolean;

const isShare: Check = (value) => typeof value === "number" && value >= 0 && value <= 1;
const isAmount: Check = (value) => typeof value === "number" && value >= 0 && Number.isFinite(value);
const isPoison = (value: unknown): value is Poison => {
  const { text, status } = (value ?? {}) as Partial<Poison>;
  return typeof text === "string" && text !== "" && (status === 400 || status === 500);
};

/** What each fault may be, with how to say so. */
const checks: Readonly<Record<keyof MockFaults, readonly [check: Check, what: string]>> = {
  error429: [isShare, "a share from 0 to 1"],
  error429Hint: [
    (value) => value === "mixed" || retryHints.some((hint) => hint === value),
    `mixed, ${retryHints.join(" or ")}`,
  ],
  error5xx: [isShare, "a share from 0 to 1"],
  stall: [isShare, "a share from 0 to 1"],
  slowBody: [isShare, "a share from 0 to 1"],
  slowBodyMs: [isAmount, "milliseconds"],
  cutBody: [isShare, "a share from 0 to 1"],
  nan: [isShare, "a share from 0 to 1"],
  wrongDimension: [isShare, "a share from 0 to 1"],
  reorder: [isShare, "a share from 0 to 1"],
  missingItems: [isShare, "a share from 0 to 1"],
  duplicateIndex: [isShare, "a share from 0 to 1"],
  otherModel: [isShare, "a share from 0 to 1"],
  otherModelName: [(value) => typeof value === "string" && value !== "", "a name"],
  driftAfter: [(value) => value === null || isAmount(value), "a number of requests, or null"],
  driftDistance: [(value) => isAmount(value) && (value as number) <= 2, "a cosine distance from 0 to 2"],
  jitter: [isAmount, "an amount of at least 0"],
  poison: [(value) => Array.isArray(value) && value.every(isPoison), '[{"text": "…", "status": 400 or 500}]'],
};

/** The faults with some of them changed. @throws TypeError for a name or value that is none */
export function changeFaults(faults: MockFaults, change: unknown): MockFaults {
  if (typeof change !== "object" || change === null || Array.isArray(change)) {
    throw new TypeError('faults are an object, as {"error429": 0.05}');
  }
  for (const [name, value] of Object.entries(change)) {
    if (!(name in noFaults)) {
      const near = nearestName(name, Object.keys(noFaults));
      throw new TypeError(`there is no fault "${name}"${near === null ? "" : `; did you mean ${near}?`}`);
    }
    const [check, what] = checks[name as keyof MockFaults];
    if (!check(value)) throw new TypeError(`${name} is ${what}, not ${JSON.stringify(value)}`);
  }
  return { ...faults, ...(change as Partial<MockFaults>) };
}
