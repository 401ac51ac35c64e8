import { isUtf8 } from "node:buffer";
import type { RecordBatch } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { formatError } from "./corpus-error.ts";

/**
 * Refuses text columns whose bytes are not UTF-8, which Arrow's readers take on trust.
 * @throws REEMBED_CORPUS_FORMAT
 */
export function checkUtf8(batch: RecordBatch, file: string, firstRow: number): void {
  batch.schema.fields.forEach((field, index) => {
    const data = batch.data.children[index];
    if (data === undefined || !arrow.DataType.isUtf8(field.type)) return;
    const offsets = data.valueOffsets as Int32Array;
    const bytes = data.values as Uint8Array;
    if (isWhole(bytes, offsets, data.length)) return;
    for (let row = 0; row < data.length; row += 1) {
      if (isUtf8(bytes.subarray(offsets[row], offsets[row + 1]))) continue;
      throw formatError(
        file,
        `the bytes of "${field.name}" are not valid UTF-8`,
        "write the column again as UTF-8 text",
        { row: firstRow + row, column: field.name },
      );
    }
  });
}

/** Whether all the text is UTF-8 and no value begins in the middle of a character. */
function isWhole(bytes: Uint8Array, offsets: Int32Array, rows: number): boolean {
  const end = offsets[rows] ?? 0;
  if (!isUtf8(bytes.subarray(offsets[0], end))) return false;
  for (let row = 1; row < rows; row += 1) {
    const at = offsets[row] ?? 0;
    if (at < end && ((bytes[at] ?? 0) & 0xc0) === 0x80) return false;
  }
  return true;
}
