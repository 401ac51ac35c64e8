import type { Vocabulary } from "../core/served-model.ts";
import type { LedgerBooks } from "./ledger.ts";
import type { RateLimits } from "./rate-limits.ts";
import type { ServedModel } from "./served-model.ts";
import type { ServerClock } from "./server-clock.ts";
import type { MockFaults, MockSettings } from "./settings.ts";
import type { ListedModel } from "./wire-format.ts";

/** A model by the name that clients use. */
export interface NamedModel extends ListedModel {
  readonly served: ServedModel;
  readonly vocabulary: Vocabulary;
}

/** Everything that the routes of one server share. */
export interface ProviderState {
  readonly settings: MockSettings;
  readonly models: ReadonlyMap<string, NamedModel>;
  readonly ledger: LedgerBooks;
  readonly limits: RateLimits;
  readonly clock: ServerClock;
  /** Replaced as a whole when it is changed at run time. */
  faults: MockFaults;
  /** Aborted when the server ends: what waits stops waiting. */
  readonly ending: AbortSignal;
}
