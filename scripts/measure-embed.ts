/**
 * `embed` from file to file beside the lane alone on the same texts, in turn: what reading, hashing and
 * writing cost. Workers are started before the clock.
 *
 *     node scripts/measure-embed.ts [--model bundled:all-MiniLM-L6-v2]… [--texts 2000] [--rounds 3]
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parsePackageReference } from "../src/config/parse-reference.ts";
import { openThreadLane } from "../src/lanes/thread-lane.ts";
import { openReembed } from "../src/open-reembed.ts";
import { openModel } from "../src/space/open-model.ts";
import { readCorpus, sample } from "./sample-texts.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", multiple: true, default: ["bundled:all-MiniLM-L6-v2"] },
    texts: { type: "string", default: "2000" },
    rounds: { type: "string", default: "3" },
    workers: { type: "string", default: "2" },
  },
});
const workers = Number(values.workers);
const texts = sample(await readCorpus("glosses", ""), Number(values.texts));
const folder = await mkdtemp(join(tmpdir(), "reembed-embed-"));
const source = join(folder, "texts.jsonl");
await writeFile(source, texts.map((text, id) => `${JSON.stringify({ id: String(id), text })}\n`).join(""));

for (const reference of values.model) {
  const model = await openModel(parsePackageReference(reference), {
    bundledFolder: fileURLToPath(new URL("../datasets/models", import.meta.url)),
    lockFile: join(folder, "reembed.lock.json"),
    pin: true,
  });
  const plan = { ...model.plan, threads: 1, device: "cpu" } as const;
  const lane = await openThreadLane({ space: model.space, plan, workers });
  const reembed = await openReembed({ cwd: folder, workers, pin: true });
  const embedTo = async (out: string): Promise<number> => {
    const startMs = performance.now();
    await reembed.embed({ sources: [source], to: reference, out: join(folder, out), overwrite: true });
    return texts.length / ((performance.now() - startMs) / 1000);
  };
  const laneAlone = async (): Promise<number> => {
    const startMs = performance.now();
    await lane.embed(texts, { purpose: "document" });
    return texts.length / ((performance.now() - startMs) / 1000);
  };
  await embedTo("warm.parquet");
  const rounds: { lane: number; parquet: number; arrow: number; parts: number }[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    rounds.push({
      lane: await laneAlone(),
      parquet: await embedTo("texts.parquet"),
      arrow: await embedTo("texts.arrow"),
      parts: await embedTo(`parts-${round}`),
    });
  }
  await reembed.close();
  await lane.close();
  const median = (of: (round: (typeof rounds)[number]) => number): number =>
    rounds.map(of).toSorted((a, b) => a - b)[rounds.length >> 1] ?? Number.NaN;
  const rate = (of: "lane" | "parquet" | "arrow" | "parts"): string =>
    `${of} ${Math.round(median((round) => round[of]))}/s (${median((round) => round[of] / round.lane).toFixed(3)})`;
  const cells = (["lane", "parquet", "arrow", "parts"] as const).map(rate).join(", ");
  const rss = Math.round(process.memoryUsage().rss / 1e6);
  console.log(`${reference}, ${texts.length} texts: ${cells}; ${rss} MB resident`);
}
await rm(folder, { recursive: true });
