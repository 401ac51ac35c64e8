import type { Data, RecordBatch, Utf8 } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { hashTexts } from "../core/source-hash.ts";
import { countTexts, packTexts, type Utf8Texts } from "../core/utf8-texts.ts";
import type { CorpusColumns } from "../core/words.ts";
import { columnOf, documentsOf } from "./batch-columns.ts";

/**
 * The documents of a batch as UTF-8. Those of one text column stay in Arrow's own memory, unless a row
 * of it is read as another text than its bytes say: a byte order mark is left out.
 */
export function documentTexts(batch: RecordBatch, corpus: CorpusColumns): Utf8Texts {
  const column = corpus.text.length === 1 ? columnOf(batch, corpus.text[0]) : null;
  const [data, more] = column?.data ?? [];
  if (data === undefined || more !== undefined || !arrow.DataType.isUtf8(data.type)) {
    return packTexts(documentsOf(batch, corpus));
  }
  const texts = textsInPlace(data as Data<Utf8>);
  return texts ?? packTexts(documentsOf(batch, corpus));
}

/** The source hashes of a batch's documents. Shape: `[rows]`. */
export function documentHashes(batch: RecordBatch, corpus: CorpusColumns): BigInt64Array {
  return hashTexts(documentTexts(batch, corpus));
}

/** A chunk's values where they lie; null where one has a mark, or is null with bytes behind it. */
function textsInPlace(data: Data<Utf8>): Utf8Texts | null {
  const { values: bytes, length } = data;
  const texts = { bytes, offsets: data.valueOffsets.subarray(0, length + 1) };
  for (let row = 0; row < countTexts(texts); row += 1) {
    const start = texts.offsets[row]!;
    const end = texts.offsets[row + 1]!;
    if (start === end) continue;
    if (bytes[start] === 0xef && beginsWithMark(bytes, start, end)) return null;
    if (data.nullCount > 0 && !data.getValid(row)) return null;
  }
  return texts;
}

function beginsWithMark(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start >= 3 && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf;
}
