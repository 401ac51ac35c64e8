/**
 * The thread lane, alone and from table to column, beside bare ONNX Runtime on the same texts,
 * interleaved in one run.
 *
 *     node scripts/measure-lane.ts [--model bundled:all-MiniLM-L6-v2]… [--corpus glosses|tldr|imdb|mix|FILE]…
 *                                  [--tokens 40000] [--rounds 3] [--workers 2] [--data FOLDER] [--plain] [--json]
 *
 * `--data` holds tldr-pages.parquet and imdb-unsup.parquet. `--plain` gives the bare runtime its default
 * session, also where the lane keeps int8 products from saturating. A static model has no bare runtime:
 * its rates stand alone. Ratios are medians of the rounds.
 */
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { renderTable } from "../src/observe/table.ts";
import { openLaneBench } from "./lane-bench.ts";
import { readCorpus, sample } from "./sample-texts.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", multiple: true, default: ["bundled:all-MiniLM-L6-v2"] },
    corpus: { type: "string", multiple: true, default: ["glosses"] },
    tokens: { type: "string", default: "40000" },
    rounds: { type: "string", default: "3" },
    workers: { type: "string", default: "2" },
    data: { type: "string", default: fileURLToPath(new URL("../../shared/data", import.meta.url)) },
    plain: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const columns = [
  "corpus",
  "model",
  "texts",
  "bare/s",
  "lane/s",
  "road/s",
  "lane/bare",
  "road/bare",
  "waiting",
];

interface Round {
  readonly bare: number | null;
  readonly lane: number;
  readonly road: number;
}

const measured = [];
for (const corpus of values.corpus) {
  const all = await readCorpus(corpus, values.data);
  const texts = sample(all, countFor(all, Number(values.tokens)));
  for (const model of values.model) measured.push(await measure(corpus, model, texts));
}
const machine = { cpu: cpus()[0]?.model, load: loadavg()[0], node: process.version };
if (values.json) {
  console.log(JSON.stringify({ machine, measured }));
} else {
  console.log(`${machine.cpu}, Node ${machine.node}, ${values.workers} workers`);
  const rows = measured.map(({ cells }) => cells);
  for (const line of renderTable({ columns, rows }, 200, (text) => text)) console.log(line);
}

async function measure(corpus: string, model: string, texts: readonly string[]) {
  const bench = await openLaneBench({
    model,
    texts,
    workers: Number(values.workers),
    plain: values.plain,
  });
  const rounds: Round[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    rounds.push({
      bare: bench.bare === null ? null : await bench.bare(),
      lane: await bench.lane(),
      road: await bench.road(),
    });
  }
  const stats = bench.stats();
  await bench.close();
  const { waitSeconds, busySeconds, workers } = stats;
  const cells = [
    corpus,
    model,
    String(texts.length),
    rate(rounds.map(({ bare }) => bare ?? Number.NaN)),
    rate(rounds.map(({ lane }) => lane)),
    rate(rounds.map(({ road }) => road)),
    ratio(rounds, "lane"),
    ratio(rounds, "road"),
    (waitSeconds / (workers * busySeconds)).toFixed(3),
  ];
  return { corpus, model, texts: texts.length, tokens: bench.tokens, rounds, stats, cells };
}

/** How many texts of a corpus hold about so many tokens, by four characters a token. */
function countFor(all: readonly string[], tokens: number): number {
  const probe = sample(all, 1000);
  const perText = probe.reduce((sum, text) => sum + Math.min(256, text.length / 4 + 2), 0) / probe.length;
  return Math.ceil(tokens / perText);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function rate(rates: readonly number[]): string {
  const value = median(rates);
  return Number.isNaN(value) ? "-" : value.toPrecision(4);
}

/** Of each round's own bare rate: what disturbs one disturbs the other. */
function ratio(rounds: readonly Round[], way: "lane" | "road"): string {
  const ratios = rounds.map((round) => (round.bare === null ? Number.NaN : round[way] / round.bare));
  return Number.isNaN(median(ratios)) ? "-" : median(ratios).toFixed(3);
}
