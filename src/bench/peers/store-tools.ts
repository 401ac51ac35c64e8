import { join } from "node:path";
import { openStore } from "../../store/open-store.ts";
import { nullSpace } from "../made-up-rows.ts";
import type { BenchCase } from "../measure-interleaved.ts";
import type { NativeProgram } from "../natives.ts";
import type { RatioPlan, SuiteFindings, SuiteScene } from "../suite.ts";
import { fillVersion, importTable } from "../suites/store-suite.ts";
import { startTool, type ToolName } from "./tools.ts";

/** As many as MiniLM has. */
const dimensions = 384;

interface StoreTool {
  readonly tool: ToolName;
  readonly label: string;
  readonly way: string;
  /** Of its rate; null: a plain append of new files, which is printed and was not promised. */
  readonly limit: number | null;
}

const storeTools: readonly StoreTool[] = [
  { tool: "lancedb", label: "LanceDB Python merge_insert", way: "merge_insert", limit: 0.9 },
  { tool: "pylance", label: "pylance add_columns", way: "add_columns", limit: null },
];

/** Our column patch beside the ways in which Python fills a column, all with vectors that no model made. */
export async function storeFindings(scene: SuiteScene): Promise<SuiteFindings> {
  const { tools, natives, effort } = scene;
  const empty: SuiteFindings = { cases: [], ratios: [], facts: [], series: [], notes: [] };
  const wanted = storeTools.filter(({ tool }) => tools?.names.includes(tool));
  if (tools === null || wanted.length === 0) return empty;
  const rows = effort.peerRows;
  const store = await openStore(join(scene.folder, "store"));
  let tables = 0;
  const ours = "column patch, its guards included";
  const cases: BenchCase[] = [
    rowsPerSecond(ours, async () => {
      const name = `t${(tables += 1)}`;
      const table = await importTable(store, name, rows);
      const space = nullSpace(dimensions);
      const version = await table.createVersion({ name: "v1", reference: "none", space });
      const seconds = await fillVersion(table, version);
      table.close();
      await store.dropTable(name);
      return rows / seconds;
    }),
  ];
  const ratios: RatioPlan[] = [];
  const notes = [`${rows} rows of ${dimensions} dimensions with hash and time, made before the clock starts`];
  const started: NativeProgram[] = [];
  for (const { tool, label, way, limit } of wanted) {
    const args = ["--way", way, "--rows", String(rows), "--dimensions", String(dimensions)];
    const found = await startTool(natives, tools, tool, args);
    if (found.state === "missing") {
      notes.push(`${label} was not measured: ${found.reason}`);
      continue;
    }
    started.push(found.program);
    notes.push(`${label}: ${found.program.about}`);
    cases.push(rowsPerSecond(label, found.program.run));
    ratios.push({
      name: `column patch: times ${label}`,
      of: ours,
      to: label,
      against: "peer",
      better: "higher",
      limit,
    });
  }
  try {
    return {
      ...empty,
      ...(await scene.turns(cases, ratios, { repeats: effort.peerRepeats, warmUps: 1 })),
      notes,
    };
  } finally {
    await Promise.all(started.map((program) => program.close()));
    await store.close();
  }
}

function rowsPerSecond(name: string, measure: () => Promise<number>): BenchCase {
  return { name, unit: "rows/s", better: "higher", measure };
}
