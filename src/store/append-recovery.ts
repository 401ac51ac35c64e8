import type { Connection } from "@lancedb/lancedb";
import type { Schema } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { ReembedError } from "../core/errors.ts";
import { columnOf } from "./batch-columns.ts";
import { quoteColumn } from "./column-name.ts";
import { fragmentMap } from "./fragment-map.ts";
import { keyLiteral, readKeys } from "./key-column.ts";
import { schemaOf } from "./read-registry.ts";
import { appendEntry } from "./registry.ts";
import { retryConflict } from "./retry-conflict.ts";
import { scanSpans } from "./scan-rows.ts";
import { dropStaging, isStagingOf } from "./staging-table.ts";
import { allTableNames, tableExists } from "./table-names.ts";
import { tableHandle, type TableHandle } from "./table-handle.ts";
import { describeWriter, isAbandoned, newWriterMark, type WriterMark } from "./writer-mark.ts";

/** What stands on a table while staged rows are being appended to it. */
export interface AppendMark extends WriterMark {
  readonly id: string;
  /** The table that holds all rows of the append. */
  readonly staging: string;
}

/** The mark of an append that this process begins now. */
export function newMark(id: string, staging: string): AppendMark {
  return { id, staging, ...newWriterMark() };
}

/** A staging table's schema, with the mark of its append on the key's field. */
export function markedSchema(schema: Schema, key: string, mark: AppendMark): Schema {
  return new arrow.Schema(
    schema.fields.map((field) => {
      const metadata = field.name === key ? new Map([[appendEntry, JSON.stringify(mark)]]) : null;
      return new arrow.Field(field.name, field.type, field.nullable, metadata);
    }),
  );
}

/**
 * Ages from which an append on another machine counts as killed, since its process cannot be asked:
 * appending staged rows runs at the speed of the disk, staging at that of the source.
 */
const appendingMs = 10 * 60 * 1000;
const stagingMs = 24 * 60 * 60 * 1000;

/** Keys taken out per commit. */
const keysPerDelete = 4096;

/** Marks the table, against the version that was read: of two appends at once, one is refused. */
export async function setMark(target: TableHandle, key: string, mark: AppendMark): Promise<void> {
  await retryConflict(`table ${target.name} cannot be marked`, "REEMBED_STORE_WRITE_FAILED", async () => {
    const table = await target.open();
    const other = readMark(await schemaOf(table));
    if (other !== null && other.mark.id !== mark.id) throw busyError(target.name, other.mark);
    await table.updateFieldMetadata([{ path: key, metadata: { [appendEntry]: JSON.stringify(mark) } }]);
  });
}

/** Removes the mark. @throws REEMBED_STORE_CONFLICT where another append has taken ours for dead */
export async function clearMark(target: TableHandle, key: string, mark: AppendMark): Promise<void> {
  await retryConflict(
    `the mark of an append on table ${target.name} cannot be removed`,
    "REEMBED_STORE_WRITE_FAILED",
    async () => {
      const table = await target.open();
      const found = readMark(await schemaOf(table));
      if (found?.mark.id !== mark.id) {
        throw new ReembedError(
          "REEMBED_STORE_CONFLICT",
          `another append to table ${target.name} took this one for dead and removed its rows; run it again`,
          { details: { table: target.name } },
        );
      }
      await table.updateFieldMetadata([{ path: key, metadata: { [appendEntry]: null } }]);
    },
  );
}

/**
 * Cleans up after killed appends: takes the rows of one that was under way out of the table again,
 * and drops what others had only staged.
 * @throws REEMBED_STORE_CONFLICT while another append is under way
 */
export async function recoverAppend(connection: Connection, target: TableHandle): Promise<void> {
  const found = readMark(await schemaOf(await target.open()));
  if (found !== null) {
    if (!isAbandoned(found.mark, appendingMs)) throw busyError(target.name, found.mark);
    await undoAppend(connection, target, found.key, found.mark);
  }
  for (const name of await allTableNames(connection)) {
    if (!isStagingOf(name, target.name)) continue;
    const staged = readMark(await schemaOf(await tableHandle(connection, name).open()));
    if (staged !== null && isAbandoned(staged.mark, stagingMs)) await dropStaging(connection, name);
  }
}

/** Removes from the table every row whose key is staged, then the mark, then the staging table. */
export async function undoAppend(
  connection: Connection,
  target: TableHandle,
  key: string,
  mark: AppendMark,
): Promise<void> {
  if (await tableExists(connection, mark.staging)) {
    const staged = await tableHandle(connection, mark.staging).open();
    const spans = await fragmentMap(staged);
    for await (const batch of scanSpans(staged, spans, [key], { batchRows: keysPerDelete })) {
      const literals = readKeys(columnOf(batch, key)).map(keyLiteral);
      await retryConflict(
        `the rows of an append that failed cannot be removed from table ${target.name}`,
        "REEMBED_STORE_WRITE_FAILED",
        async () => {
          const table = await target.open();
          await table.delete(`${quoteColumn(key)} IN (${literals.join(", ")})`);
        },
      );
    }
  }
  await clearMark(target, key, mark);
  await dropStaging(connection, mark.staging);
}

function readMark(schema: Schema): { key: string; mark: AppendMark } | null {
  for (const field of schema.fields) {
    const text = field.metadata.get(appendEntry);
    if (text !== undefined) return { key: field.name, mark: JSON.parse(text) as AppendMark };
  }
  return null;
}

function busyError(table: string, mark: AppendMark): ReembedError {
  return new ReembedError(
    "REEMBED_STORE_CONFLICT",
    `another append to table ${table} is under way (${describeWriter(mark)}); run this one when it is done`,
    { details: { table, mark } },
  );
}
