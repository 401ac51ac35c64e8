import { ReembedError } from "../core/errors.ts";
import type { StoredTable, TableSnapshot } from "../core/ports.ts";
import { judgedKeys, relevantIds } from "./judged-rows.ts";
import type { KnownQuery } from "./rank-queries.ts";
import type { Judgements } from "./retrieval-metrics.ts";

/** Different values at most: more is no slice but an identity. */
const maxSlices = 200;

export interface SliceSource {
  readonly table: StoredTable;
  readonly snapshot: TableSnapshot;
  readonly queries: readonly KnownQuery[];
  readonly judgements: Judgements | null;
}

/**
 * The slice of each query: its own field of that name, else the value of that column in the rows
 * judged relevant to it (the most frequent one). Null for a query that has neither.
 * @throws REEMBED_USAGE where nothing has that name, or it has too many values
 */
export async function sliceQueries(name: string, source: SliceSource): Promise<(string | null)[]> {
  const own = source.queries.some(({ fields }) => fields[name] !== undefined);
  const slices = own
    ? source.queries.map(({ fields }) => fields[name] ?? null)
    : await sliceByColumn(name, source);
  const values = new Set(slices);
  if (values.size <= maxSlices) return slices;
  throw usage(`${name} has ${values.size} different values, too many to be slices (at most ${maxSlices})`);
}

async function sliceByColumn(name: string, source: SliceSource): Promise<(string | null)[]> {
  const { snapshot, judgements, queries } = source;
  if (!snapshot.schema.fields.some((field) => field.name === name)) {
    throw usage(`neither the queries nor table ${snapshot.name} have ${JSON.stringify(name)} to slice by`);
  }
  if (judgements === null) {
    throw usage(
      `the queries have no field ${JSON.stringify(name)}, and without judgements no row of the table says what they are about; add the field to the queries, or give --qrels`,
    );
  }
  const relevant = queries.map((query) => relevantIds(judgements, query.id));
  const values = await valuesOf(name, new Set(relevant.flat()), source);
  if (values.size === 0)
    throw usage(`column ${name} has no text, number or truth value in the relevant rows`);
  return relevant.map((ids) => mostFrequent(ids.flatMap((id) => values.get(id) ?? [])));
}

/** The column's value of each document that is in the table. */
async function valuesOf(
  column: string,
  ids: ReadonlySet<string>,
  { table, snapshot }: SliceSource,
): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (const { key: found, row } of await table.rowsByKey(judgedKeys(ids, snapshot), [column])) {
    const value = row[column];
    if (typeof value === "string") values.set(String(found), value);
    else if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") {
      values.set(String(found), String(value));
    }
  }
  return values;
}

function mostFrequent(values: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [first] = [...counts].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return first?.[0] ?? null;
}

function usage(message: string): ReembedError {
  return new ReembedError("REEMBED_USAGE", message);
}
