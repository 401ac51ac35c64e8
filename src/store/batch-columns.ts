import type { RecordBatch, Vector } from "apache-arrow";
import { ReembedError } from "../core/errors.ts";
import { type CorpusColumns, joinTexts } from "../core/words.ts";
import { readStrings } from "./utf8-column.ts";

/** A column of a batch that was asked for by name. */
export function columnOf(batch: RecordBatch, name: string): Vector {
  const column = batch.getChild(name);
  if (column !== null) return column;
  throw new ReembedError("REEMBED_STORE_READ_FAILED", `Lance did not return column ${JSON.stringify(name)}`);
}

/** The documents of a batch: its text columns joined, row by row. */
export function documentsOf(batch: RecordBatch, corpus: CorpusColumns): string[] {
  const columns = corpus.text.map((name) => readStrings(columnOf(batch, name)));
  return Array.from({ length: batch.numRows }, (_, row) => joinTexts(columns.map((column) => column[row])));
}
