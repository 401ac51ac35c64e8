import { randomUUID } from "node:crypto";
import type { Connection, Table } from "@lancedb/lancedb";
import type { Schema } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { ReembedError } from "../core/errors.ts";
import type { Importer, ImportOptions } from "../core/ports.ts";
import { columnOf } from "./batch-columns.ts";
import { checkAppend } from "./append-schema.ts";
import { clearMark, markedSchema, newMark, recoverAppend, setMark, undoAppend } from "./append-recovery.ts";
import { fragmentMap } from "./fragment-map.ts";
import { fragmentWriter } from "./fragment-writer.ts";
import { readKeys } from "./key-column.ts";
import { schemaOf } from "./read-registry.ts";
import { retryConflict } from "./retry-conflict.ts";
import type { FragmentLimits } from "./row-buffer.ts";
import { keysPresent } from "./rows-by-key.ts";
import { scanSpans } from "./scan-rows.ts";
import { dropStaging, stagingName } from "./staging-table.ts";
import { storeError } from "./store-error.ts";
import { tableHandle, type TableHandle } from "./table-handle.ts";

/** Keys compared at once with those of the table: tens of megabytes, whatever is appended. */
const keysPerCheck = 500_000;

/**
 * Adds rows to a table. They are staged in a table of their own first, so that a source that turns
 * out to be broken, or a key that is there already, leaves the table untouched. Then the staged
 * fragments are appended, commit by commit, under a mark on the table; if one fails, the rows that
 * came in are taken out again.
 *
 * What remains: killed between the first and the last of those commits, the table holds a part of
 * the rows (each whole and correct) and the mark. The next append sees it and takes them out first.
 * Other writers' rows are never touched, which a restore of the old version could not promise.
 * `columns` are those of the rows where they are not the source's alone.
 * @throws REEMBED_CORPUS_SCHEMA_MISMATCH; `commit`: REEMBED_CORPUS_KEY_DUPLICATE
 */
export async function appendImporter(
  connection: Connection,
  options: ImportOptions,
  limits: FragmentLimits,
  columns: Schema | null = null,
): Promise<Importer> {
  const target = tableHandle(connection, options.table);
  const targetSchema = await schemaOf(await target.open());
  const schema = columns ?? checkAppend(options, targetSchema);
  await recoverAppend(connection, target);

  const id = randomUUID();
  const staging = tableHandle(connection, stagingName(options.table, id));
  const mark = newMark(id, staging.name);
  const { key } = options.corpus;
  try {
    await connection.createEmptyTable(staging.name, markedSchema(schema, key, mark));
  } catch (error) {
    throw storeError(error, "REEMBED_STORE_WRITE_FAILED", `rows for table ${options.table} cannot be staged`);
  }
  const writer = fragmentWriter({ name: staging.name, open: staging.open, schema, limits });
  // While the table bears the mark, the staged keys are what tells the rows to take out again.
  let marked = false;

  return {
    write: (batch) => writer.write(batch.batch),
    commit: async () => {
      const written = await writer.finish();
      await refuseKnownKeys(target, staging, key);
      await setMark(target, key, mark);
      marked = true;
      try {
        await copyFragments(staging, target, schema);
      } catch (error) {
        await undoAppend(connection, target, key, mark);
        marked = false;
        throw error;
      }
      await clearMark(target, key, mark);
      marked = false;
      await dropStaging(connection, staging.name);
      return written;
    },
    abort: async () => {
      await writer.settle();
      if (!marked) await dropStaging(connection, staging.name);
    },
  };
}

async function refuseKnownKeys(target: TableHandle, staging: TableHandle, key: string): Promise<void> {
  const staged = await staging.open();
  const table = await target.open();
  const spans = await fragmentMap(staged);
  let keys: ReturnType<typeof readKeys> = [];
  const check = async (): Promise<void> => {
    const known = await keysPresent(table, key, keys);
    keys = [];
    const [first] = known;
    if (first === undefined) return;
    throw new ReembedError(
      "REEMBED_CORPUS_KEY_DUPLICATE",
      `table ${target.name} has rows already with ${known.size} of the keys to append, such as ${JSON.stringify(String(first))}; nothing was appended: leave those rows out`,
      { details: { table: target.name, key: String(first), rows: known.size } },
    );
  };
  for await (const batch of scanSpans(staged, spans, [key], { batchRows: 1 << 16 })) {
    for (const value of readKeys(columnOf(batch, key))) keys.push(value);
    if (keys.length >= keysPerCheck) await check();
  }
  if (keys.length > 0) await check();
}

/** Appends each staged fragment as one fragment of the target. Memory: one fragment. */
async function copyFragments(staging: TableHandle, target: TableHandle, schema: Schema): Promise<void> {
  const staged = await staging.open();
  const columns = schema.fields.map((field) => field.name);
  for (const span of await fragmentMap(staged)) {
    const batches = await Array.fromAsync(scanSpans(staged, [span], columns, { batchRows: span.rows }));
    await retryConflict(
      `rows cannot be appended to table ${target.name}`,
      "REEMBED_STORE_WRITE_FAILED",
      async () => {
        const table: Table = await target.open();
        await table.add(new arrow.Table(schema, batches));
      },
    );
  }
}
