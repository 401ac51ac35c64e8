import { join } from "node:path";
import { throwIfAborted } from "../../core/errors.ts";
import { openBenchLane } from "../api-bench-lane.ts";
import { textsOfWords, writeTexts } from "../bench-corpus.ts";
import type { CaseReport, FactReport, RatioReport } from "../bench-report.ts";
import { type MockBooks, startMockProcess } from "../mock-process.ts";
import { summarize, summarizeRatio } from "../statistics.ts";
import type { SuiteFindings, SuiteScene } from "../suite.ts";
import { busyProvider, limitedTexts } from "../provider-limits.ts";
import { reasonMissing, startTool, type ToolName } from "./tools.ts";

/** An SDK with its own retries, as people call it. */
interface HostedTool {
  readonly tool: ToolName;
  readonly label: string;
  readonly flags: readonly string[];
}

const shapes = [4, 16] as const;

const hostedTools: readonly HostedTool[] = shapes.flatMap((parallel) => [
  {
    tool: "ai-sdk",
    label: `AI SDK embedMany, ${parallel} in parallel`,
    flags: ["--sdk", "ai", "--parallel", String(parallel)],
  },
  {
    tool: "openai-sdk",
    label: `OpenAI SDK, ${parallel} in parallel`,
    flags: ["--sdk", "openai", "--parallel", String(parallel)],
  },
]);

/** What one of them did with all texts, by itself and by the provider's books. */
interface Attempt {
  readonly label: string;
  /** Texts a second; 0 where it gave up and returned nothing. */
  readonly rate: number;
  readonly books: MockBooks;
}

/**
 * Our API lane beside SDKs: the same texts through a provider with limits and faults. Each has a provider of its
 * own that begins with a full allowance and meets the same faults, and does the work once.
 */
export async function hostedFindings(scene: SuiteScene): Promise<SuiteFindings> {
  const { tools, natives, effort, corpus, signal } = scene;
  const empty: SuiteFindings = { cases: [], ratios: [], facts: [], series: [], notes: [] };
  const asked = hostedTools.filter(({ tool }) => tools?.names.includes(tool));
  if (tools === null || asked.length === 0) return empty;
  const missing = asked.flatMap(({ tool, label }) => {
    const reason = reasonMissing(natives, tools, tool);
    return reason === null ? [] : [`${label} was not measured: ${reason}`];
  });
  const wanted = asked.filter(({ tool }) => reasonMissing(natives, tools, tool) === null);
  if (wanted.length === 0) return { ...empty, notes: missing };
  const texts = textsOfWords(corpus.texts, limitedTexts.words, limitedTexts.forSeconds(effort.apiSeconds));
  const file = join(scene.folder, "hosted.jsonl");
  await writeTexts(file, texts);

  const ours = await withProvider("API lane", async (url) => {
    const lane = await openBenchLane(url);
    const started = performance.now();
    await lane.embed(texts, { purpose: "document", signal });
    const seconds = (performance.now() - started) / 1000;
    await lane.close();
    return texts.length / seconds;
  });
  const notes = [
    `${texts.length} texts through a provider: ${busyProvider.join(" ")}; each once`,
    ...missing,
  ];
  const attempts: Attempt[] = [];
  for (const { tool, label, flags } of wanted) {
    throwIfAborted(signal);
    const attempt = await withProvider(label, async (url) => {
      const found = await startTool(natives, tools, tool, [...flags, "--url", url, "--texts", file]);
      if (found.state === "missing") {
        notes.push(`${label} was not measured: ${found.reason}`);
        return null;
      }
      notes.push(`${label}: ${found.program.about}`);
      const rate = await found.program.run();
      await found.program.close();
      return rate;
    });
    if (attempt !== null) attempts.push(attempt);
  }
  if (ours === null) return { ...empty, notes };
  const all = [ours, ...attempts];
  return {
    ...empty,
    cases: all.map(({ label, rate }): CaseReport => ({
      name: label,
      unit: "texts/s",
      better: "higher",
      ...summarize([rate]),
    })),
    ratios: attempts.flatMap(({ label, rate }): RatioReport[] => {
      const name = `API lane: times ${label}`;
      if (rate === 0) return [];
      return [{ name, against: "peer", better: "higher", limit: 1, ...summarizeRatio([ours.rate], [rate]) }];
    }),
    facts: all.flatMap((attempt) => factsOf(attempt, texts.length)),
    notes: [
      ...notes,
      ...attempts
        .filter(({ rate }) => rate === 0)
        .map(({ label, books }) => `${label} gave up: ${books.items} texts were paid for and none returned`),
    ],
  };
}

async function withProvider(
  label: string,
  work: (url: string) => Promise<number | null>,
): Promise<Attempt | null> {
  const mock = await startMockProcess([...busyProvider, "--count-texts"]);
  try {
    const rate = await work(mock.url);
    return rate === null ? null : { label, rate, books: await mock.books() };
  } finally {
    await mock.close();
  }
}

function factsOf({ label, rate, books }: Attempt, texts: number): FactReport[] {
  const refused = (books.refused["limit-tokens"] ?? 0) + (books.refused["limit-requests"] ?? 0);
  const promised = label === "API lane";
  const fact = (name: string, value: number, limit: number): FactReport => ({
    name: `${label}: ${name}`,
    value,
    unit: "",
    better: "lower",
    limit: promised ? limit : null,
  });
  return [
    fact("requests refused for a limit", refused / books.requests, 0.001),
    fact("texts paid for that were not returned", rate === 0 ? books.items : books.items - texts, 0),
  ];
}
