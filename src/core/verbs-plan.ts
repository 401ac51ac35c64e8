/** What `plan` takes and answers: rows, tokens, money, time, writes and storage of a backfill. */
import type { HitCoverage } from "./hits.ts";
import type { ModelPrice } from "./provider.ts";
import type { NewVectorType, VectorType } from "./vector-type.ts";

export interface PlanRequest {
  /** Model references, as written. */
  readonly to: readonly string[];
  /** @default the setting's, else "float32" */
  readonly vectorType?: NewVectorType | undefined;
  /** Count the tokens of every row instead of a sample's. @default false */
  readonly exact?: boolean | undefined;
  /** Seconds that a provider takes for one request; with the concurrency it bounds a hosted model's rate. */
  readonly requestSeconds?: number | undefined;
  /**
   * The units whose rows are asked for most come first, by a column of counts or a log of hits (JSONL, a
   * name with a `/` or that ends in `.jsonl`). @default by the order of the table
   */
  readonly hits?: string | undefined;
  /** File to write the units to, for `backfill` to carry out; replaced if it is there. One target only. */
  readonly out?: string | undefined;
}

/** What a backfill to one target would take. */
export interface TargetPlan {
  readonly model: string;
  readonly spaceId: string;
  readonly dimensions: number;
  readonly vectorType: VectorType;
  /** The version that a backfill to this target would go on with; null where it would make a new one. */
  readonly version: string | null;
  /** Rows still to be embedded. */
  readonly rows: number;
  /** Of every one of these rows; identical texts are embedded once, so a run may take fewer. */
  readonly tokens: number;
  /**
   * Half width of the 95 % interval of `tokens`: from sampling, and from counting where the provider's
   * tokenizer is not known. 0 where every row was counted by the model's own tokenizer.
   */
  readonly tokensError: number;
  /** Whether tokens were counted by the model's own tokenizer, not estimated by characters. */
  readonly ownTokenizer: boolean;
  readonly units: number;
  /** Merges that the rows are committed in. */
  readonly merges: number;
  /** Vector bytes written by these merges. */
  readonly bytesWritten: number;
  /**
   * `bytesWritten` over the bytes of the columns: 1, unless fragments are larger than one merge. Each
   * merge of such a fragment writes what its column holds by then: P merges write it (P + 1) / 2 times.
   */
  readonly writeAmplification: number;
  /** Memory of the largest merge, beside the process and its model: within the setting `memory`. */
  readonly peakMemoryBytes: number;
  /** US dollars; 0 for local models, null where the price is not known. */
  readonly cost: number | null;
  /** The same where the provider's batch interface is used; null where it has no known price. */
  readonly batchCost: number | null;
  /** What the cost was computed with; null for local models. */
  readonly price: ModelPrice | null;
  /**
   * Seconds at the rate measured on the sample, on this machine; by the account's limits for a hosted
   * model, and null where those are not known.
   */
  readonly seconds: number | null;
  /** Vector bytes of all versions: now, while both exist, and once the others are gone. */
  readonly bytesNow: number;
  readonly bytesDuring: number;
  readonly bytesAfter: number;
  /** The day on which the provider ends this target, `YYYY-MM-DD`; null where none is announced. */
  readonly deadline: string | null;
  /** What this target would replace, where the provider of the active version's model ends that. */
  readonly replaces: EndingVersion | null;
  /** What the first units answer; only where they are ordered by hits. */
  readonly use?: HitCoverage;
}

/** The active version, whose model its provider ends. */
export interface EndingVersion {
  readonly version: string;
  readonly model: string;
  /** The first day on which that model may not answer any more: `YYYY-MM-DD`, UTC. */
  readonly deadline: string;
  /**
   * The last day to begin, so that the backfill is done and the retirement's grace period over before
   * that; null where the time that it takes is not known.
   */
  readonly startBy: string | null;
  /** Where the deadline is written. */
  readonly source: string;
}

export interface PlanResult {
  readonly targets: readonly TargetPlan[];
  /** The file that the units were written to; null where none was asked for. */
  readonly out: string | null;
}
