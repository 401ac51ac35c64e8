import type { ForeignRows } from "../core/ports-adoption.ts";
import type { VersionRecord } from "../core/version.ts";
import { columnOf } from "./batch-columns.ts";
import { documentHashes } from "./document-hashes.ts";
import type { FragmentSpan } from "./fragment-map.ts";
import { mergeForeign, readForeign } from "./foreign-rows.ts";
import { registryOf, requireCorpus } from "./read-registry.ts";
import { scanSpans } from "./scan-rows.ts";
import type { TableHandle } from "./table-handle.ts";

/** Reads that a sample is taken in: each costs a few milliseconds, however few its rows. */
const sampleReads = 64;

/**
 * About so many rows of a version, evenly spread over the table, with texts and vectors. Rows whose
 * text changed since are left out, and those without a vector: only the others can be made again.
 * @param phase 0 to 1: where in each of its parts the table is read, so that samples differ
 */
export async function sampleVersion(
  handle: TableHandle,
  version: VersionRecord,
  rows: number,
  phase: number,
): Promise<ForeignRows> {
  const table = await handle.open();
  const corpus = requireCorpus(handle.name, await registryOf(table));
  const total = await table.countRows();
  const columns = { corpus, vector: version.column, model: null, version: null, embeddedAt: null };
  const selected = [corpus.key, ...corpus.text, version.column, version.hashColumn];
  const parts: ForeignRows[] = [];
  for await (const batch of scanSpans(table, spread(total, rows, phase), [...new Set(selected)], {
    batchRows: rows,
  })) {
    const hashes = columnOf(batch, version.hashColumn);
    const present = documentHashes(batch, corpus);
    const vectors = columnOf(batch, version.column);
    // A vector that nobody signed with a hash is compared too: it is searched like the others.
    const keep = (row: number): boolean =>
      vectors.isValid(row) && (!hashes.isValid(row) || hashes.get(row) === present[row]);
    parts.push(readForeign(batch, columns, true, keep));
  }
  return mergeForeign(parts);
}

const span = (offset: number, rows: number): FragmentSpan => ({ id: -1, offset, rows, nulls: 0 });

/** Parts of a table that hold about so many rows together. */
function spread(total: number, rows: number, phase: number): FragmentSpan[] {
  if (total <= rows) return total === 0 ? [] : [span(0, total)];
  const reads = Math.min(sampleReads, rows);
  return Array.from({ length: reads }, (_, read) => {
    const from = Math.floor((read * total) / reads);
    const to = Math.floor(((read + 1) * total) / reads);
    const count = Math.min(to - from, Math.ceil(rows / reads));
    return span(from + Math.floor(phase * (to - from - count)), count);
  });
}
