import type { Key } from "../core/words.ts";
import { packKeys } from "../core/key-column.ts";
import { sourceHash } from "../core/source-hash.ts";
import type { ForeignColumns, ForeignRows } from "../core/ports-adoption.ts";
import type { PatchRows, StoredTable } from "../core/ports.ts";
import type { VersionRecord } from "../core/version.ts";
import { boundsWithin, planRound } from "../plan/plan-round.ts";

/** What is to be taken over for one version. */
export interface TakeOver {
  readonly table: StoredTable;
  readonly version: VersionRecord;
  readonly columns: ForeignColumns;
  /** Whether a row is one of those that the version takes. */
  readonly takes: (rows: ForeignRows, row: number) => boolean;
  /** Whether the vectors are copied into the version's column, or stand there already. */
  readonly copies: boolean;
  /** What merges may take beside the process. */
  readonly memoryBytes: number;
  /** When a row was embedded that does not say so itself. Unit: milliseconds since the epoch. */
  readonly nowMs: number;
  /** Rows taken over so far. */
  readonly onProgress: (rows: number) => void;
  readonly signal: AbortSignal | undefined;
}

/** A hash and a time are all that is written beside vectors that stay: as bounds, as small vectors. */
const companionDimensions = 64;

/**
 * Takes rows over, unit by unit: writes their source hash and time, and their vector where it is
 * copied. Rows that the version has handled are passed over, so that it can be cut short and run
 * again. Answers the rows taken. Memory: one merge.
 */
export async function takeOver(options: TakeOver): Promise<number> {
  const { table, version, columns, copies, signal } = options;
  const dimensions = copies ? version.space.dimensions : companionDimensions;
  const fragments = await table.fragments(version);
  const plan = planRound(fragments, boundsWithin(options.memoryBytes, dimensions, fragments));
  let taken = 0;
  for (const unit of plan.units) {
    let rows = emptyRows();
    const commit = async (): Promise<void> => {
      if (rows.keys.length === 0) return;
      taken += (await table.patch(version, patchOf(rows, options))).updated;
      rows = emptyRows();
      options.onProgress(taken);
    };
    const scan = { texts: true, fragmentIds: unit.fragmentIds, pendingFor: version, signal };
    for await (const batch of table.adoption.scan(columns, scan)) {
      for (const [row, key] of batch.keys.entries()) {
        const vector = batch.vectors[row] ?? null;
        if (vector === null || !options.takes(batch, row)) continue;
        if (rows.keys.length >= plan.mergeRows) await commit();
        rows.keys.push(key);
        rows.hashes.push(sourceHash(batch.texts[row] as string));
        rows.times.push(batch.embeddedAtMs[row] ?? options.nowMs);
        if (copies) rows.vectors.push(vector);
      }
    }
    await commit();
  }
  return taken;
}

interface OpenRows {
  readonly keys: Key[];
  readonly hashes: bigint[];
  readonly times: number[];
  readonly vectors: Float32Array[];
}

function emptyRows(): OpenRows {
  return { keys: [], hashes: [], times: [], vectors: [] };
}

function patchOf(rows: OpenRows, { copies, version }: TakeOver): PatchRows {
  const { dimensions } = version.space;
  const vectors = copies ? new Float32Array(rows.keys.length * dimensions) : null;
  for (const [row, vector] of rows.vectors.entries()) vectors?.set(vector, row * dimensions);
  return {
    keys: packKeys(rows.keys),
    vectors,
    hasVector: new Uint8Array(rows.keys.length).fill(1),
    sourceHashes: BigInt64Array.from(rows.hashes),
    embeddedAtMs: Float64Array.from(rows.times),
  };
}
