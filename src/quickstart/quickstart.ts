import type { VersionScores } from "../core/evaluation.ts";
import { join, resolve } from "node:path";
import { loadConfig } from "../config/load-config.ts";
import { throwIfAborted } from "../core/errors.ts";
import type { Emit } from "../core/events.ts";
import { type Job, startJob } from "../core/job.ts";
import type { BackfillResult, VersionSummary } from "../core/verbs.ts";
import type { SearchResult } from "../core/search.ts";
import { requireWordnet, writeWordnetCorpus, writeWordnetQueries } from "../datasets/wordnet.ts";
import type { Engine } from "../core/engine.ts";
import { openEngine } from "../engine.ts";
import { cleanFolder } from "./clean-folder.ts";
import {
  compareStep,
  firstStep,
  importStep,
  prepareStep,
  rollbackStep,
  searchStep,
  secondStep,
  summaryTable,
  switchStep,
} from "./quickstart-texts.ts";
import { searchMeanwhile, type SearchesMeanwhile } from "./search-meanwhile.ts";

const table = "glosses";
const question = "someone who studies the stars";
const oldModel = "bundled:potion-base-4m-int8";
const newModel = "bundled:all-MiniLM-L6-v2";
const steps = 8;

export interface QuickstartRequest {
  /** Everything it writes is in here; what an earlier quickstart left there is removed first. */
  readonly folder: string;
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface QuickstartResult {
  readonly folder: string;
  readonly rows: number;
  readonly seconds: number;
  /** Searches answered while the new version was being filled. */
  readonly searchesMeanwhile: number;
  readonly versions: readonly VersionScores[];
  readonly summary: { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };
}

/**
 * The whole story on a real corpus: import, a first version, a second one filled while the first
 * answers, comparison on known queries, switch, rollback. It runs the same verbs as the commands.
 * @throws REEMBED_CORPUS_MISSING where the corpus's package is not installed
 */
export function quickstart(request: QuickstartRequest): Job<QuickstartResult> {
  return startJob((emit) => tell(request, emit));
}

async function tell(request: QuickstartRequest, emit: Emit): Promise<QuickstartResult> {
  const startMs = performance.now();
  const { signal } = request;
  const folder = resolve(request.folder);
  const corpusFile = join(folder, "glosses.jsonl");
  const queriesFile = join(folder, "queries.jsonl");
  const qrelsFile = join(folder, "qrels.tsv");
  const step = stepTeller(emit, signal);
  const watch = async <T>(job: Job<T>): Promise<T> => {
    for await (const event of job) emit(event);
    return job;
  };

  const wordnet = await requireWordnet();
  await step(
    prepareStep.title,
    async () => {
      const replaced = await cleanFolder(folder);
      const corpus = await writeWordnetCorpus(wordnet, corpusFile);
      const made = await writeWordnetQueries(wordnet, { queries: queriesFile, qrels: qrelsFile });
      return { folder: request.folder, replaced, rows: corpus.lines, queries: made.queries.lines };
    },
    prepareStep.lines,
  );

  const flags = { db: join(folder, "db"), table, workers: request.workers };
  const config = await loadConfig({ cwd: folder, env: {}, flags });
  const engine = await openEngine(config, { signal });
  try {
    const corpus = { key: "id", text: ["gloss"] } as const;
    const imported = await step(
      importStep.title,
      () => watch(engine.import({ sources: [corpusFile], corpus, format: "auto", mode: "create" })),
      importStep.lines,
    );
    const first = await step(
      firstStep.title,
      () => watch(engine.backfill({ to: oldModel, name: "v1" })),
      firstStep.lines,
    );
    const before = await step(
      searchStep.title,
      () => ask(engine),
      (answer) => searchStep.lines(question, answer),
    );
    const { second, meanwhile } = await step(
      secondStep.title,
      () => fillWhileSearching(engine, watch, signal),
      (done) => secondStep.lines(done.second, done.meanwhile, done.first),
    );
    const compared = await step(
      compareStep.title,
      () =>
        watch(
          engine.eval({
            queries: queriesFile,
            qrels: qrelsFile,
            versions: ["v1", "v2"],
            k: 10,
            exact: false,
          }),
        ),
      compareStep.lines,
    );
    await step(
      switchStep.title,
      async () => ({ done: await engine.switch({ to: "v2", force: false }), answer: await ask(engine) }),
      ({ done, answer }) => switchStep.lines(question, done, answer),
    );
    await step(
      rollbackStep.title,
      async () => ({ done: await engine.rollback(), answer: await ask(engine) }),
      ({ done, answer }) => rollbackStep.lines(done, answer, before),
    );
    const { versions } = await engine.versions({ history: false });
    return {
      folder: request.folder,
      rows: imported.rows,
      seconds: (performance.now() - startMs) / 1000,
      searchesMeanwhile: meanwhile.count,
      versions: compared.versions,
      summary: summaryTable(first, second, compared, versions),
    };
  } finally {
    await engine.close();
  }
}

/** Tells each step's title, does its work, and tells what it came to. */
function stepTeller(emit: Emit, signal: AbortSignal | undefined) {
  let step = 0;
  return async <T>(title: string, work: () => Promise<T>, lines: (done: T) => string[]): Promise<T> => {
    throwIfAborted(signal);
    step += 1;
    emit({ event: "step:started", step, steps, title });
    const startMs = performance.now();
    const done = await work();
    const seconds = (performance.now() - startMs) / 1000;
    emit({ event: "step:finished", step, lines: lines(done), seconds });
    return done;
  };
}

const ask = async (engine: Engine): Promise<SearchResult> =>
  engine.search({ text: question, limit: 3, exact: false });

/** Fills v2 while v1 keeps answering. */
async function fillWhileSearching(
  engine: Engine,
  watch: <T>(job: Job<T>) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<{ second: BackfillResult; meanwhile: SearchesMeanwhile; first: VersionSummary | undefined }> {
  const filling = watch(engine.backfill({ to: newModel, name: "v2" }));
  const [second, meanwhile] = await Promise.all([
    filling,
    searchMeanwhile(() => ask(engine), filling, signal),
  ]);
  const { versions } = await engine.versions({ history: false });
  return { second, meanwhile, first: versions.find((version) => version.name === "v1") };
}
