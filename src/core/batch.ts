/**
 * The seam for batches: files of requests that a provider carries out within a day, at a lower price.
 * A text is asked for under its source hash, so an answer says by itself which text it belongs to.
 */
import type { AnsweredVectors } from "./answered-vectors.ts";

/** What one batch may hold, with the place where the provider says so. */
export interface BatchLimits {
  readonly requests: number;
  readonly bytes: number;
  /** A batch that is cancelled may take so long to end. Unit: ms. */
  readonly cancelMs: number;
  readonly source: string;
}

/** How a batch stands: under way, or one of the ways to end. */
export type BatchState = "running" | "completed" | "failed" | "expired" | "cancelled";

/** A batch as its provider describes it. */
export interface RemoteBatch {
  readonly id: string;
  readonly state: BatchState;
  /** What was put into its metadata; null where that is not ours. */
  readonly intent: string | null;
  readonly inputFile: string;
  /** Answers; null where there are none, or not yet. */
  readonly outputFile: string | null;
  /** Requests without an answer; null where there are none, or not yet. */
  readonly errorFile: string | null;
  readonly done: number;
  /** Why it failed as a whole. */
  readonly errors: readonly { readonly code: string; readonly message: string }[];
}

/** One line of a batch's files: what became of one request. */
export interface BatchLine {
  readonly customId: string;
  /** Null where the request was not answered. */
  readonly answer: AnsweredVectors | null;
  /** Why there is no answer, in the provider's word; null where there is one. */
  readonly code: string | null;
}

/** A provider's batches on the wire. Every call is one exchange; none is repeated. */
export interface BatchService {
  /** A line of an input file, without its end. */
  requestLine(customId: string, text: string): string;
  /** Sends a file; answers with its id. @throws ProviderFailure */
  upload(file: { readonly path: string; readonly name: string }, signal: AbortSignal): Promise<string>;
  /** The id of a file of this name and size that was sent before; null where there is none. */
  findUpload(name: string, bytes: number): Promise<string | null>;
  /** Creates a batch over a file. From here on it costs money. @throws ProviderFailure */
  create(inputFile: string, intent: string): Promise<RemoteBatch>;
  /** The batch that was created for an intent, or over a file; null where there is none. */
  find(intent: string, inputFile: string | null, sinceMs: number): Promise<RemoteBatch | null>;
  read(id: string): Promise<RemoteBatch>;
  cancel(id: string): Promise<RemoteBatch>;
  /** Brings a file here. The path has the whole of it, or is not to be used. @throws ProviderFailure */
  download(file: string, path: string, signal: AbortSignal): Promise<void>;
  /** Removes a file at the provider; one that is not there is no error. */
  remove(file: string): Promise<void>;
  /** The lines of a file that was brought here; one that cannot be read has no answer. */
  lines(path: string): AsyncIterable<BatchLine>;
  close(): void;
}

/** A text as it goes into a batch. */
export interface BatchInput {
  readonly line: string;
  /** Tokens that it is counted as. */
  readonly tokens: number;
  readonly truncated: boolean;
}

/** What an output file holds, found out before anything of it is used. */
export interface OutputVerdict {
  /** Texts with one usable vector. */
  readonly good: number;
  /** Texts that were asked for and have none here. */
  readonly missing: number;
  /** Texts with two vectors that differ, of which none can be used. */
  readonly contradicted: number;
  /** Texts whose vector holds what is no number, or is all zeros. */
  readonly broken: number;
  /** Lines that nobody asked for. */
  readonly foreign: number;
  /** Lines that say why there is no answer -> how many. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Tokens that the provider bills. */
  readonly tokens: number;
}

/** Usable vectors of an output file. Owner: the caller. */
export interface OutputPart {
  readonly hashes: BigInt64Array;
  /** Shape: `[hashes, dimensions]`, as the live lane would have given them. */
  readonly vectors: Float32Array;
}

/** A hosted model's batches: what `BatchService` does, with retries, prompts and checks. */
export interface BatchLane extends Pick<
  BatchService,
  "upload" | "findUpload" | "create" | "find" | "read" | "cancel" | "download" | "remove" | "close"
> {
  readonly limits: BatchLimits;
  /** US dollars for a million tokens in a batch; null where it is not known. */
  readonly usdPerMTokens: number | null;
  /** What goes into a batch for a text; null where only the live lane can embed it. */
  prepare(hash: bigint, text: string): BatchInput | null;
  /**
   * Judges the files of a batch.
   * @param errors the file of requests without an answer; null where there is none
   * @throws REEMBED_PROVIDER_ANSWER where a vector is of another space: nothing of the file is to be used
   */
  judge(asked: BigInt64Array, output: string | null, errors: string | null): Promise<OutputVerdict>;
  /** Usable vectors of a file that was judged. */
  vectors(asked: BigInt64Array, output: string): AsyncIterable<OutputPart>;
  /** Sets tokens aside of the budget, so that live requests keep to what is left; gives back where below 0. */
  setAside(tokens: number): void;
}

/** Whether a provider takes batches, and at what price. */
export type BatchOffer =
  | {
      readonly offered: true;
      readonly usdPerMTokens: number | null;
      /**
       * Owner: the caller. @param signal ends exchanges, and waits between them
       * @throws REEMBED_PROVIDER_KEY
       */
      open(signal: AbortSignal): Promise<BatchLane>;
    }
  | { readonly offered: false; readonly why: string };

/** What batches brought a run and what they cost. */
export interface BatchLedger {
  /** Batches that ended, by how. */
  readonly ended: Readonly<Partial<Record<BatchState, number>>>;
  /** Batches that are with the provider when the run ends. */
  readonly open: number;
  /** Texts that were asked for in batches that ended, and those of them that have a vector. */
  readonly texts: number;
  readonly vectors: number;
  readonly truncated: number;
  readonly tokens: number;
  /** US dollars of `tokens` at the price of batches; null where that is not known. */
  readonly cost: number | null;
}
