import type { Vector } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { ReembedError } from "../core/errors.ts";
import type { FragmentHits, HitSource } from "../core/hits.ts";
import type { VersionRecord } from "../core/version.ts";
import { columnOf } from "./batch-columns.ts";
import { fragmentMap } from "./fragment-map.ts";
import { readKeys } from "./key-column.ts";
import { requireCorpus, schemaOf } from "./read-registry.ts";
import { readRegistry } from "./registry.ts";
import { scanSpans } from "./scan-rows.ts";
import type { TableHandle } from "./table-handle.ts";

/** Rows read at once: keys or counts, and hashes. */
const batchRows = 1 << 16;

/**
 * Hits on the rows of each fragment, apart by whether a version has handled the row; for a version that
 * is not made yet (null) it has handled none. A null count is none.
 * @throws REEMBED_USAGE for a column that is not there, or holds no numbers
 */
export async function fragmentHits(
  handle: TableHandle,
  version: VersionRecord | null,
  source: HitSource,
): Promise<FragmentHits[]> {
  const table = await handle.open();
  const schema = await schemaOf(table);
  const { key } = requireCorpus(handle.name, readRegistry(schema));
  if (source.kind === "column") {
    const type = schema.fields.find(({ name }) => name === source.column)?.type;
    if (type === undefined) throw noCounts(handle.name, source.column, "is not there");
    if (!arrow.DataType.isInt(type) && !arrow.DataType.isFloat(type)) {
      throw noCounts(handle.name, source.column, `holds ${String(type)}, and no counts`);
    }
  }
  const read = source.kind === "column" ? source.column : key;
  const columns = [read, ...(version === null ? [] : [version.hashColumn])];
  const result: FragmentHits[] = [];
  for (const span of await fragmentMap(table)) {
    let pending = 0;
    let handled = 0;
    for await (const batch of scanSpans(table, [span], columns, { batchRows })) {
      const hits = hitsOf(columnOf(batch, read), source);
      const hashes = version === null ? null : columnOf(batch, version.hashColumn);
      for (const [row, count] of hits.entries()) {
        if (hashes?.isValid(row) === true) handled += count;
        else pending += count;
      }
    }
    result.push({ id: span.id, pending, handled });
  }
  return result;
}

function hitsOf(column: Vector, source: HitSource): number[] {
  if (source.kind === "keys") return readKeys(column).map((key) => source.hits.get(String(key)) ?? 0);
  return Array.from({ length: column.length }, (_, row) => Math.max(0, Number(column.get(row) ?? 0)));
}

function noCounts(table: string, column: string, what: string): ReembedError {
  return new ReembedError(
    "REEMBED_USAGE",
    `the column ${column} of table ${table} ${what}: name a column of counts, or a log of hits (JSONL; a file's name has a / or ends in .jsonl)`,
    { details: { table, column } },
  );
}
