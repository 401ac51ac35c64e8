import { stat } from "node:fs/promises";
import type { Source, SourceBatch } from "../core/ports.ts";
import { checkSameSchema } from "./corpus-schema.ts";
import { systemError } from "./corpus-error.ts";

/**
 * Part files read one after the other as one source. The first with columns decides the schema; the
 * others are opened when their turn comes, and must have the same.
 * @throws REEMBED_CORPUS_SCHEMA_MISMATCH
 */
export async function folderSource(
  folder: string,
  files: readonly string[],
  openPart: (file: string) => Promise<Source>,
): Promise<Source> {
  let first: Source | null = null;
  let totalBytes = 0;
  for (const file of files) {
    if (first === null || first.schema.fields.length === 0) first = await openPart(file);
    totalBytes += await fileBytes(file);
  }
  const model = first ?? (await openPart(folder));

  async function* batches(signal?: AbortSignal): AsyncGenerator<SourceBatch, void> {
    for (const file of files) {
      const part = file === model.name ? model : await openPart(file);
      // A part without rows may have no columns either.
      if (part.schema.fields.length === 0) continue;
      checkSameSchema(model, part);
      yield* part.batches(signal);
    }
  }

  return { name: folder, schema: model.schema, totalBytes, batches };
}

async function fileBytes(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (thrown) {
    throw systemError(file, thrown);
  }
}
