import type { Table } from "@lancedb/lancedb";
import type { Data, RecordBatch, Schema } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { ReembedError } from "../core/errors.ts";
import { retryConflict } from "./retry-conflict.ts";
import { batchBytes, type FragmentLimits, rowBuffer } from "./row-buffer.ts";

/** Appends rows to a table, one commit and one fragment at a time. */
export interface FragmentWriter {
  /** Resolves as soon as more rows can be taken: at most one fragment is being written meanwhile. */
  write(batch: RecordBatch): Promise<void>;
  /** Writes what is left and waits for it. */
  finish(): Promise<{ readonly rows: number; readonly bytes: number }>;
  /** Waits for the write under way without failing on it, before its table is dropped. */
  settle(): Promise<void>;
}

/** A writer into the table that `open` gives. */
export function fragmentWriter(options: {
  readonly name: string;
  readonly open: () => Promise<Table>;
  readonly schema: Schema;
  readonly limits: FragmentLimits;
}): FragmentWriter {
  const buffer = rowBuffer(options.limits);
  let rows = 0;
  let bytes = 0;
  let underWay: Promise<void> = Promise.resolve();

  const append = async (group: readonly RecordBatch[]): Promise<void> => {
    if (group.length === 0) return;
    await retryConflict(
      `rows cannot be appended to table ${options.name}`,
      "REEMBED_STORE_WRITE_FAILED",
      async () => {
        const table = await options.open();
        await table.add(new arrow.Table(options.schema, [...group]));
      },
    );
  };

  return {
    write: async (batch) => {
      rows += batch.numRows;
      bytes += batchBytes(batch);
      for (const group of buffer.add(withSchema(batch, options.schema))) {
        await underWay;
        underWay = append(group);
        // Its failure surfaces at the next await; until then it must not be unhandled.
        underWay.catch(() => {});
      }
    },
    finish: async () => {
      await underWay;
      await append(buffer.rest());
      return { rows, bytes };
    },
    settle: async () => {
      await Promise.allSettled([underWay]);
    },
  };
}

/**
 * Gives a batch the table's own schema, so that batches of several sources make one Arrow table.
 * @throws REEMBED_CORPUS_SCHEMA_MISMATCH
 */
function withSchema(batch: RecordBatch, schema: Schema): RecordBatch {
  const children = schema.fields.map((field) => {
    const column = batch.schema.fields.findIndex((candidate) => candidate.name === field.name);
    const found = batch.schema.fields[column];
    if (found !== undefined && String(found.type) === String(field.type))
      return batch.data.children[column] as Data;
    throw new ReembedError(
      "REEMBED_CORPUS_SCHEMA_MISMATCH",
      `the sources differ: column ${field.name} is ${String(field.type)} in the first one and ${found === undefined ? "missing" : String(found.type)} in another; import sources of the same columns and types together`,
      { details: { column: field.name } },
    );
  });
  const data = arrow.makeData({
    type: new arrow.Struct(schema.fields),
    length: batch.numRows,
    nullCount: 0,
    children,
  });
  return new arrow.RecordBatch(schema, data);
}
