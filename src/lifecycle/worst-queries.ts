import type { QueryScores, RankedHit, WorseQuery } from "../core/evaluation.ts";
import type { StoredTable, TableSnapshot } from "../core/ports.ts";
import type { Key } from "../core/words.ts";
import type { Rankings } from "./rank-queries.ts";
import { changeOf, gradesOf, type Scoring } from "./score-rankings.ts";

/** Results shown of each side: what a person compares at a glance. */
const shownHits = 5;

/** The beginning of a text that is shown. Unit: UTF-16 code units. */
const shownChars = 240;

/** The queries that lost most from one version to the other, each with the first results of both. */
export async function worstQueries(
  from: Rankings,
  to: Rankings,
  scores: readonly QueryScores[],
  count: number,
  where: { readonly table: StoredTable; readonly snapshot: TableSnapshot; readonly scoring: Scoring },
): Promise<WorseQuery[]> {
  const { queries, judgements, slices } = where.scoring;
  const chosen = scores
    .map((score, index) => ({ index, score, change: changeOf(score) }))
    .filter(({ change }) => change < 0)
    .toSorted((a, b) => a.change - b.change || a.index - b.index)
    .slice(0, count);
  const texts = await textsOf(
    new Set(chosen.flatMap(({ index }) => [...keysOf(from, index), ...keysOf(to, index)])),
    where,
  );
  return chosen.map(({ index, score }) => {
    const query = queries[index]!;
    const grades = judgements === null ? null : gradesOf(judgements, query);
    const hits = (side: Rankings): RankedHit[] =>
      keysOf(side, index).map((key) => ({
        key,
        text: texts.get(String(key)) ?? "",
        grade: grades?.get(String(key)) ?? null,
      }));
    return {
      ...score,
      text: query.text,
      slice: slices[index] ?? null,
      fromHits: hits(from),
      toHits: hits(to),
    };
  });
}

function keysOf(side: Rankings, index: number): readonly Key[] {
  return side.keys[index]!.slice(0, shownHits);
}

async function textsOf(
  keys: ReadonlySet<Key>,
  { table, snapshot }: { readonly table: StoredTable; readonly snapshot: TableSnapshot },
): Promise<Map<string, string>> {
  const columns = snapshot.corpus?.text ?? [];
  const rows = await table.rowsByKey([...keys], columns);
  return new Map(rows.map(({ key, row }) => [String(key), beginningOf(columns.map((name) => row[name]))]));
}

function beginningOf(values: readonly unknown[]): string {
  const text = values
    .filter((value) => typeof value === "string")
    .join(" ")
    .replaceAll(/\s+/g, " ")
    .trim();
  return text.length <= shownChars ? text : `${text.slice(0, shownChars).toWellFormed().trimEnd()}…`;
}
