import type { Table } from "@lancedb/lancedb";
import type { RecordBatch } from "apache-arrow";
import { ReembedError, throwIfAborted } from "../core/errors.ts";
import type { FragmentSpan } from "./fragment-map.ts";
import { storeError } from "./store-error.ts";

/**
 * Reads columns of the given fragments in batches of at most `batchRows`, none across a fragment's
 * border. The handle must stay at the version that the spans were read at; memory is one batch.
 * @throws REEMBED_STORE_READ_FAILED
 */
export async function* scanSpans(
  table: Table,
  spans: readonly FragmentSpan[],
  columns: readonly string[],
  options: { readonly batchRows: number; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<RecordBatch, void> {
  for (const span of spans) {
    for (let done = 0; done < span.rows;) {
      throwIfAborted(options.signal);
      const limit = Math.min(options.batchRows, span.rows - done);
      const batches = await readRange(table, columns, span.offset + done, limit);
      const rows = batches.reduce((sum, batch) => sum + batch.numRows, 0);
      if (rows !== limit) {
        throw new ReembedError(
          "REEMBED_STORE_READ_FAILED",
          `table ${table.name}: fragment ${span.id} gave ${rows} rows where it has ${limit}; run it again`,
          { details: { table: table.name, fragment: span.id, rows, expected: limit } },
        );
      }
      done += rows;
      yield* batches;
    }
  }
}

async function readRange(
  table: Table,
  columns: readonly string[],
  offset: number,
  limit: number,
): Promise<RecordBatch[]> {
  try {
    const read = await table
      .query()
      .select([...columns])
      .offset(offset)
      .limit(limit)
      .toArrow({ maxBatchLength: limit });
    return read.batches;
  } catch (error) {
    throw storeError(error, "REEMBED_STORE_READ_FAILED", `table ${table.name} cannot be read`);
  }
}
