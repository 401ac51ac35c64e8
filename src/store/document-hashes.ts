import type { Data, RecordBatch, Utf8, Vector } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { sourceHash, sourceHashOfBytes } from "../core/source-hash.ts";
import type { CorpusColumns } from "../core/words.ts";
import { columnOf, documentsOf } from "./batch-columns.ts";

/**
 * The source hashes of a batch's documents. A corpus of one text column is hashed from Arrow's own
 * bytes, without making strings of them. Shape: `[rows]`.
 */
export function documentHashes(batch: RecordBatch, corpus: CorpusColumns): BigInt64Array {
  const column = corpus.text.length === 1 ? columnOf(batch, corpus.text[0]) : null;
  if (column === null || !arrow.DataType.isUtf8(column.type)) {
    return BigInt64Array.from(documentsOf(batch, corpus), sourceHash);
  }
  const hashes = new BigInt64Array(column.length);
  let start = 0;
  for (const data of column.data as readonly Data<Utf8>[]) {
    hashChunk(data, column, hashes, start);
    start += data.length;
  }
  return hashes;
}

function hashChunk(data: Data<Utf8>, column: Vector, hashes: BigInt64Array, start: number): void {
  const { valueOffsets: offsets, values } = data;
  const ofNull = sourceHash("");
  for (let row = 0; row < data.length; row += 1) {
    const to = start + row;
    if (data.nullCount > 0 && !data.getValid(row)) {
      hashes[to] = ofNull;
      continue;
    }
    const bytes = values.subarray(offsets[row], offsets[row + 1]);
    hashes[to] = beginsWithMark(bytes)
      ? sourceHash((column.get(to) as string | null) ?? "")
      : sourceHashOfBytes(bytes);
  }
}

/** Whether a text begins with a byte order mark, which is left out where it is read as a string. */
function beginsWithMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}
