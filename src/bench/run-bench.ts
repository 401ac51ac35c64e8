import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { version as nodeVersion } from "node:process";
import { throwIfAborted } from "../core/errors.ts";
import { type Job, startJob } from "../core/job.ts";
import type { Emit } from "../core/events.ts";
import { usableCores } from "../lanes/usable-cores.ts";
import { type BenchCorpus, describeCorpus, readBenchCorpus, sampleTexts } from "./bench-corpus.ts";
import { openBenchModel } from "./bench-model.ts";
import type { BenchReport, SuiteName, SuiteReport } from "./bench-report.ts";
import { describeMachine } from "./describe-machine.ts";
import { efforts, usualMaxRows } from "./efforts.ts";
import { measureInterleaved } from "./measure-interleaved.ts";
import { openNatives } from "./natives.ts";
import type { ToolChoice } from "./peers/tools.ts";
import { packageVersions } from "./package-versions.ts";
import { startPartsThread } from "./parts-thread.ts";
import { summarize, summarizeRatio } from "./statistics.ts";
import type { SuiteScene } from "./suite.ts";
import { suites } from "./suites.ts";
import { type QuietWatch, watchQuiet } from "./watch-quiet.ts";

export interface BenchRequest {
  /** In this order. @default all */
  readonly suites: readonly SuiteName[];
  /** `glosses`, `mix`, or the path of a file with a column `text`. */
  readonly corpus: string;
  /** References of models on disk. */
  readonly models: readonly string[];
  readonly quick: boolean;
  /** @default the cores that this process may use */
  readonly workers?: number | undefined;
  /** Rows of the largest table of `scale`. @default a million */
  readonly maxRows?: number | undefined;
  /** Other tools to measure beside, and where they are installed. @default none */
  readonly tools?: ToolChoice | undefined;
  /** The command line that makes this report again. */
  readonly commandLine: string;
  readonly signal?: AbortSignal | undefined;
}

/** Models that ship with the program. */
export const shippedModels: readonly string[] = ["bundled:all-MiniLM-L6-v2", "bundled:potion-base-4m-int8"];

/** Texts whose tokens are counted for the report. */
const countedTexts = 5000;

/**
 * Runs suites and answers with their report. Everything that it writes is in a scratch folder that is
 * removed at the end.
 * @throws REEMBED_CORPUS_MISSING, REEMBED_INTERRUPTED, and what models and sources are refused for
 */
export function runBench(request: BenchRequest): Job<BenchReport> {
  return startJob((emit) => measure(request, emit));
}

async function measure(request: BenchRequest, emit: Emit): Promise<BenchReport> {
  const started = performance.now();
  const startedAt = new Date().toISOString();
  const watch = watchQuiet();
  watch.probe();
  const folder = await mkdtemp(join(tmpdir(), "reembed-bench-"));
  const natives = openNatives();
  try {
    const corpus = await readBenchCorpus(request.corpus);
    const described = describeCorpus(corpus, await countTokens(corpus, request.models, folder));
    const effort = efforts[request.quick ? "quick" : "full"];
    const maxRows = request.maxRows ?? usualMaxRows;
    const shared = {
      effort: { ...effort, scaleRows: effort.scaleRows.filter((rows) => rows <= maxRows) },
      models: request.models,
      corpus,
      tokens: described.tokens,
      tools: request.tools ?? null,
      workers: request.workers ?? usableCores(),
      natives,
      signal: request.signal,
    };
    const reports: SuiteReport[] = [];
    for (const [index, name] of request.suites.entries()) {
      throwIfAborted(request.signal);
      const suiteStarted = performance.now();
      const suiteFolder = join(folder, name);
      await mkdir(suiteFolder);
      const tell = (what: string, number: number, of: number): void => {
        emit({
          event: "bench:progress",
          suite: name,
          suiteNumber: index + 1,
          suites: request.suites.length,
          case: what,
          number,
          of,
        });
      };
      tell("", 0, 1);
      const turns = measuring(effort.repeats, watch, request.signal, tell);
      const found = await suites[name]({ ...shared, folder: suiteFolder, turns });
      reports.push({ suite: name, seconds: (performance.now() - suiteStarted) / 1000, ...found });
      await rm(suiteFolder, { recursive: true });
    }
    const { version, packages } = packageVersions();
    return {
      format: 1,
      version,
      commandLine: request.commandLine,
      startedAt,
      seconds: (performance.now() - started) / 1000,
      machine: describeMachine(nodeVersion),
      packages,
      quiet: watch.verdict(),
      corpora: [described],
      suites: reports,
    };
  } finally {
    await natives.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** How a suite's cases are measured: in turns, with the clock probed between them. */
function measuring(
  repeats: number,
  watch: QuietWatch,
  signal: AbortSignal | undefined,
  tell: (what: string, number: number, of: number) => void,
): SuiteScene["turns"] {
  return async (cases, ratios, times = { repeats, warmUps: 1 }) => {
    const samples = await measureInterleaved(cases, {
      ...times,
      signal,
      onMeasure(name, number, of) {
        watch.probe();
        tell(name, number, of);
      },
    });
    const of = (name: string): readonly number[] => samples.get(name) ?? [];
    return {
      cases: cases.map(({ name, unit, better }) => ({ name, unit, better, ...summarize(of(name)) })),
      ratios: ratios.map(({ of: above, to, ...ratio }) => ({
        ...ratio,
        ...summarizeRatio(of(above), of(to)),
      })),
    };
  };
}

async function countTokens(
  corpus: BenchCorpus,
  models: readonly string[],
  folder: string,
): Promise<Int32Array | null> {
  const [first] = models;
  if (first === undefined) return null;
  const model = await openBenchModel(first, join(folder, "reembed.lock.json"));
  const thread = startPartsThread({
    folder: model.folder,
    texts: sampleTexts(corpus.texts, countedTexts),
    maxTokens: model.space.description.maxTokens,
  });
  try {
    return await thread.countTokens();
  } finally {
    await thread.close();
  }
}
