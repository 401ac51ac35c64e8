/** The journal of batches: what is under way at a provider, on disk before the provider hears of it. */

/** What a journal belongs to. */
export interface JournalKey {
  readonly table: string;
  readonly version: string;
  readonly spaceId: string;
}

/** How far a batch has come; each step is on disk before the next is begun. */
export type BatchStep =
  /** The input file is written. */
  | { readonly step: "written" }
  /** The provider has the file. */
  | { readonly step: "uploaded"; readonly inputFile: string }
  /** The provider has the batch, and it costs money. */
  | { readonly step: "created"; readonly inputFile: string; readonly batch: string }
  /** Its vectors are in the spool; what is left is to tidy up. */
  | { readonly step: "collected"; readonly files: readonly string[] };

/** One batch. Owner of its files: the journal. */
export interface BatchEntry {
  /** Unique to this batch; stands in the provider's metadata too. */
  readonly intent: string;
  readonly createdMs: number;
  readonly texts: number;
  readonly tokens: number;
  readonly truncated: number;
  /** Of the input file. */
  readonly bytes: number;
  readonly progress: BatchStep;
  /** Name that the input file has at the provider. */
  readonly name: string;
  /** Paths of the input file, and of where the provider's files are brought. */
  readonly input: string;
  readonly output: string;
  readonly errors: string;
}

/** A batch's input being written. Nothing of it counts before `finish`. */
export interface BatchDraft {
  readonly texts: number;
  readonly tokens: number;
  readonly bytes: number;
  add(
    hash: bigint,
    input: { readonly line: string; readonly tokens: number; readonly truncated: boolean },
  ): void;
  /** Writes what was added so far, so that memory stays small. */
  flush(): Promise<void>;
  /** Makes it an entry, durably. @throws REEMBED_SPOOL_WRITE_FAILED */
  finish(nowMs: number): Promise<BatchEntry>;
  discard(): Promise<void>;
}

/** The batches of one version. One process at a time uses it; a lease sees to that. */
export interface BatchJournal {
  /** Those that are not done with, the oldest first. */
  entries(): readonly BatchEntry[];
  draft(): Promise<BatchDraft>;
  /** Records a step, durably. */
  advance(entry: BatchEntry, progress: BatchStep): Promise<BatchEntry>;
  /** Source hashes of the texts that a batch asks for, in the order of its lines. */
  hashes(entry: BatchEntry): Promise<BigInt64Array>;
  /** Forgets a batch and removes its files. */
  forget(entry: BatchEntry): Promise<void>;
}
