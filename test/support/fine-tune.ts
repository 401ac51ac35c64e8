/**
 * Fine-tunes of the bundled static model, as local packages: the same tokenizer and layout, the weights
 * moved a little, the same way each time. What they make lies close to the base, which is what makes a
 * mix of lineage hard: the length is the same, the neighbours are nearly the same, the space is not.
 */
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const base = fileURLToPath(new URL("../../datasets/models/potion-base-4m-int8", import.meta.url));

export interface FineTune {
  /** Every so many weights one is moved. */
  readonly every: number;
  /** By so many steps of int8. */
  readonly by: number;
  /** Said in the package's `config.json`, where there is one. */
  readonly baseModel?: string;
}

/** Writes a package into `folder`. */
export async function writeFineTune(folder: string, tune: FineTune): Promise<void> {
  await cp(base, folder, { recursive: true });
  const path = join(folder, "model.safetensors");
  const file = await readFile(path);
  const start = 8 + Number(file.readBigUInt64LE(0));
  const weights = new Int8Array(file.buffer, file.byteOffset + start, file.length - start);
  for (let index = 0; index < weights.length; index += tune.every) {
    const moved = (weights[index] as number) + tune.by;
    weights[index] = Math.max(-127, Math.min(127, moved));
  }
  await writeFile(path, file);
  if (tune.baseModel === undefined) return;
  const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as object;
  await writeFile(join(folder, "config.json"), JSON.stringify({ ...config, base_model: tune.baseModel }));
}
