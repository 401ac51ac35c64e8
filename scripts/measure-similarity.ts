/**
 * Spearman's correlation of a model's cosines with people's scores, on pairs of sentences: a TSV of
 * `sentence1`, `sentence2` and `score`, with a header.
 *
 *     node scripts/measure-similarity.ts PAIRS.tsv REF [REF …]
 *
 * REF is a model reference, such as bundled:all-MiniLM-L6-v2.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parsePackageReference } from "../src/config/parse-reference.ts";
import { openThreadLane } from "../src/lanes/thread-lane.ts";
import { usableCores } from "../src/lanes/usable-cores.ts";
import { openModel } from "../src/space/open-model.ts";

const [file, ...references] = process.argv.slice(2);
if (file === undefined || references.length === 0) {
  throw new Error("usage: node scripts/measure-similarity.ts PAIRS.tsv REF [REF …]");
}
const [, ...lines] = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
const pairs = lines.map((line) => line.split("\t"));
const scores = pairs.map(([, , score]) => Number(score));
const folder = await mkdtemp(join(tmpdir(), "reembed-similarity-"));
try {
  for (const reference of references) {
    const cosines = await cosinesOf(reference);
    console.log(`${reference}, ${pairs.length} pairs: Spearman ${spearman(cosines, scores).toFixed(4)}`);
  }
} finally {
  await rm(folder, { recursive: true });
}

async function cosinesOf(reference: string): Promise<number[]> {
  const { space, plan } = await openModel(parsePackageReference(reference), {
    bundledFolder: fileURLToPath(new URL("../datasets/models", import.meta.url)),
    lockFile: join(folder, "reembed.lock.json"),
    pin: true,
  });
  const lane = await openThreadLane({
    space,
    plan: { ...plan, threads: 1, device: "cpu" },
    workers: usableCores(),
  });
  const sides = [0, 1].map((side) => pairs.map((pair) => pair[side] ?? ""));
  const [first, second] = await Promise.all(sides.map((texts) => lane.embed(texts, { purpose: "document" })));
  await lane.close();
  const { dimensions } = space.description;
  return pairs.map((_, pair) => {
    const [a, b] = [first!, second!].map(({ vectors }) =>
      vectors.subarray(pair * dimensions, (pair + 1) * dimensions),
    );
    return dot(a!, b!) / Math.sqrt(dot(a!, a!) * dot(b!, b!));
  });
}

function spearman(a: readonly number[], b: readonly number[]): number {
  return pearson(ranks(a), ranks(b));
}

/** Rank of each value; equal ones share the mean of theirs. */
function ranks(values: readonly number[]): number[] {
  const order = [...values.keys()].toSorted((a, b) => values[a]! - values[b]!);
  const result = values.map(() => 0);
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (const index of order.slice(from, to)) result[index] = (from + to - 1) / 2;
  }
  return result;
}

function pearson(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  let [both, squaresA, squaresB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    both += (a[i]! - meanA) * (b[i]! - meanB);
    squaresA += (a[i]! - meanA) ** 2;
    squaresB += (b[i]! - meanB) ** 2;
  }
  return both / Math.sqrt(squaresA * squaresB);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
