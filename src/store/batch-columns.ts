import type { RecordBatch, Vector } from "apache-arrow";
import { ReembedError } from "../core/errors.ts";
import { type CorpusColumns, joinTexts } from "../core/words.ts";

/** A column of a batch that was asked for by name. */
export function columnOf(batch: RecordBatch, name: string): Vector {
  const column = batch.getChild(name);
  if (column !== null) return column;
  throw new ReembedError("REEMBED_STORE_READ_FAILED", `Lance did not return column ${JSON.stringify(name)}`);
}

/** The documents of a batch: its text columns joined, row by row. */
export function documentsOf(batch: RecordBatch, corpus: CorpusColumns): string[] {
  const columns = corpus.text.map((name) => columnOf(batch, name));
  const documents = new Array<string>(batch.numRows);
  for (let row = 0; row < documents.length; row += 1) {
    documents[row] = joinTexts(columns.map((column) => column.get(row) as string | null));
  }
  return documents;
}
