import { join } from "node:path";
import { loadConfig } from "../config/load-config.ts";
import type { BackfillResult } from "../core/verbs.ts";
import type { Engine } from "../core/engine.ts";
import { openEngine } from "../engine.ts";
import type { BenchModel } from "./bench-model.ts";

/** One way of texts from rows of a table to vectors in its column. */
export interface Road {
  /** Texts a second. */
  readonly rate: number;
  readonly result: BackfillResult;
}

export interface Roads {
  /** Imports into a new table and fills its column; only the filling is on the clock. */
  run(): Promise<Road>;
  /** The latest; null before the first. */
  last(): Road | null;
  /** The same in so many parts one after the other. */
  runInParts(parts: number): Promise<BackfillResult[]>;
}

export interface RoadOptions {
  /** Holds the tables. */
  readonly folder: string;
  /** JSON lines of the texts, and how many. */
  readonly file: string;
  readonly texts: number;
  readonly workers: number;
}

/** The whole pipeline over a file of texts, by the same verbs as the commands. */
export function openRoads(model: BenchModel, { folder, file, texts, workers }: RoadOptions): Roads {
  let tables = 0;
  let last: Road | null = null;
  const request = { to: model.reference, name: "v1", index: "none" } as const;

  const onTable = async <T>(work: (engine: Engine, begun: number) => Promise<T>): Promise<T> => {
    const flags = { db: join(folder, "db"), table: `t${(tables += 1)}`, workers };
    const config = await loadConfig({ cwd: folder, env: {}, flags });
    const engine = await openEngine(config, { pin: true });
    try {
      const corpus = { key: "id", text: ["text"] } as const;
      await engine.import({ sources: [file], corpus, format: "jsonl", mode: "create" });
      // A few rows first: workers and the key's index are there before the clock starts.
      const { handled } = await engine.backfill({ ...request, limitRows: workers });
      return await work(engine, handled);
    } finally {
      await engine.close();
    }
  };

  return {
    run: () =>
      onTable(async (engine, begun) => {
        const started = performance.now();
        const result = await engine.backfill(request);
        const seconds = (performance.now() - started) / 1000;
        last = { rate: (texts - begun) / seconds, result };
        return last;
      }),
    last: () => last,
    runInParts: (parts) =>
      onTable(async (engine, begun) => {
        const results: BackfillResult[] = [];
        const limitRows = Math.ceil((texts - begun) / parts);
        for (let part = 0; part < parts; part += 1) {
          const result = await engine.backfill({ ...request, limitRows });
          if (result.handled > 0) results.push(result);
        }
        return results;
      }),
  };
}
