import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { unpackKeys } from "../../core/key-column.ts";
import type { PatchRows, StoredTable } from "../../core/ports.ts";
import type { VersionRecord } from "../../core/version.ts";
import { openStore } from "../../store/open-store.ts";
import { searchEffort } from "../../store/vector-index-policy.ts";
import { fillVector, madeUpPatchOf, nullSpace } from "../made-up-rows.ts";
import type { BenchCase } from "../measure-interleaved.ts";
import type { RatioPlan, Suite, SuiteScene } from "../suite.ts";
import { fillVersion, importTable } from "./store-suite.ts";

const dimensions = 384;

/** Of the slowest searches during a backfill to those of an idle table. */
const mostSlowdown = 1.2;

/** Of each search. */
const hits = 10;

const tableName = "t";

const names = {
  idle50: "search, idle, median",
  idle99: "search, idle, 99 %",
  busy50: "search during a backfill, median",
  busy99: "search during a backfill, 99 %",
  bare: "bare LanceDB, the same searches, idle, median",
} as const;

/** Latency of searches on one version, idle and while another is being filled. */
export const searchSuite: Suite = async (scene) => {
  const { effort } = scene;
  const store = await openStore(join(scene.folder, "db"));
  try {
    const table = await importTable(store, tableName, effort.storeRows);
    const v1 = await table.createVersion({ name: "v1", reference: "none", space: nullSpace(dimensions) });
    await fillVersion(table, v1);
    await table.buildIndex(v1, "ivf_flat");
    const v2 = await table.createVersion({ name: "v2", reference: "none", space: nullSpace(dimensions) });
    await table.prepareForPatches();
    const look = { table, version: v1, searches: effort.searches, rows: effort.storeRows };
    // Made before the clock starts: making vectors up would hold the searches' own thread.
    const patches = await makePatches(table, v2);
    const cases: readonly BenchCase[] = [
      milliseconds(names.idle50, async () => (await timeSearches(look)).median),
      milliseconds(names.idle99, async () => (await timeSearches(look)).slowest),
      milliseconds(names.busy50, async () => (await searchWhileFilling(look, v2, patches)).median),
      milliseconds(names.busy99, async () => (await searchWhileFilling(look, v2, patches)).slowest),
    ];
    const ceiling = await openCeiling(scene, look);
    const measured = await scene.turns(
      [...cases, ...ceiling.cases],
      [
        ...ceiling.ratios,
        slowdown("searches during a backfill by idle ones, median", names.busy50, names.idle50, null),
        slowdown("searches during a backfill by idle ones, 99 %", names.busy99, names.idle99, mostSlowdown),
      ],
    );
    await ceiling.close();
    return {
      ...measured,
      facts: [],
      series: [],
      notes: [
        `${effort.searches} searches a round in ${effort.storeRows} rows of ${dimensions} dimensions, flat index; the backfill makes its vectors up and writes one fragment after the other`,
        ...(scene.natives.missing === null ? [] : [scene.natives.missing]),
      ],
    };
  } finally {
    await store.close();
  }
};

interface Look {
  readonly table: StoredTable;
  readonly version: VersionRecord;
  readonly searches: number;
  readonly rows: number;
}

/** LanceDB alone, on the same table, index and queries. */
async function openCeiling({ natives, folder, effort }: SuiteScene, { version, rows }: Look) {
  if (natives.missing !== null) return { cases: [], ratios: [], close: () => Promise.resolve() };
  const queries = new Float32Array(effort.searches * dimensions);
  for (let search = 0; search < effort.searches; search += 1) {
    fillVector(queries, search * dimensions, dimensions, rows + search);
  }
  const file = join(folder, "queries.f32");
  await writeFile(file, queries);
  const { nprobes = 1 } = searchEffort("IvfFlat", rows, hits);
  const args = [join(folder, "db"), tableName, version.column, file, String(dimensions), String(nprobes)];
  const bare = await natives.start("bare-search.ts", args);
  const ratio: RatioPlan = {
    name: "searches, idle: speed as a share of bare LanceDB's, median",
    of: names.bare,
    to: names.idle50,
    against: "ceiling",
    better: "higher",
    limit: null,
  };
  return { cases: [milliseconds(names.bare, bare.run)], ratios: [ratio], close: bare.close };
}

interface Latency {
  readonly median: number;
  readonly slowest: number;
}

async function timeSearches({ table, version, searches, rows }: Look): Promise<Latency> {
  const times: number[] = [];
  for (let search = 0; search < searches; search += 1) {
    const vector = new Float32Array(dimensions);
    fillVector(vector, 0, dimensions, rows + search);
    const started = performance.now();
    await table.search({ column: version.column, vector, limit: hits, exact: false, columns: [] });
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(share * times.length))]!;
  return { median: at(0.5), slowest: at(0.99) };
}

async function makePatches(table: StoredTable, version: VersionRecord): Promise<PatchRows[]> {
  const patches: PatchRows[] = [];
  for (const { id } of await table.fragments(version)) {
    const options = { every: true, batchRows: 1 << 20 };
    for await (const { keys } of table.readTexts(version, [id], options)) {
      patches.push(madeUpPatchOf(unpackKeys(keys), dimensions));
    }
  }
  return patches;
}

/** Searches while another version's fragments are written again and again. */
async function searchWhileFilling(
  look: Look,
  filled: VersionRecord,
  patches: readonly PatchRows[],
): Promise<Latency> {
  let searching = true;
  const fill = async (): Promise<void> => {
    for (let number = 0; searching; number += 1) {
      await look.table.patch(filled, patches[number % patches.length]!);
    }
  };
  const filling = fill();
  try {
    return await timeSearches(look);
  } finally {
    searching = false;
    await filling;
  }
}

function milliseconds(name: string, measure: () => Promise<number>): BenchCase {
  return { name, unit: "ms", better: "lower", measure };
}

function slowdown(name: string, of: string, to: string, limit: number | null): RatioPlan {
  return { name, of, to, against: "self", better: "lower", limit };
}
