import type { Data } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { ReembedError } from "../core/errors.ts";
import type { SourceBatch } from "../core/ports.ts";
import { shownValue } from "./corpus-error.ts";
import { keySet } from "./key-set.ts";
import type { KeySet } from "./key-set.ts";

/** Where the rows from one ordinal on stand. */
interface Run {
  readonly ordinal: number;
  readonly file: string;
  readonly firstRow: number;
}

/** Row numbers of a key set are 32 bits wide. */
const maxRows = 2 ** 32 - 1;

/**
 * Checks the keys of batch after batch, across files: none null, none twice.
 * @throws REEMBED_CORPUS_KEY_NULL, REEMBED_CORPUS_KEY_DUPLICATE
 */
export function keyChecker(column: string): (batch: SourceBatch) => void {
  const keys = keySet();
  const runs: Run[] = [];
  let rows = 0;

  const placeOf = (ordinal: number): { file: string; row: number } => {
    const run = runs.findLast((candidate) => candidate.ordinal <= ordinal);
    return { file: run?.file ?? "", row: (run?.firstRow ?? 1) + ordinal - (run?.ordinal ?? 0) };
  };

  return ({ batch, file, firstRow }) => {
    const vector = batch.getChild(column);
    const data = vector?.data[0];
    if (vector === null || data === undefined) return;
    if (rows + batch.numRows > maxRows) throw tooManyRows(file);
    runs.push({ ordinal: rows, file, firstRow });
    if (data.nullCount > 0) throw keyNull(file, firstRow + firstNull(data), column);
    const found = addKeys(keys, data, rows);
    if (found !== null) {
      const key: unknown = vector.get(found.row);
      throw keyDuplicate(column, key, placeOf(found.first), { file, row: firstRow + found.row });
    }
    rows += batch.numRows;
  };
}

/** Adds a batch's keys; the first that was there already, and the ordinal of its first occurrence. */
function addKeys(keys: KeySet, data: Data, ordinal: number): { row: number; first: number } | null {
  const add = arrow.DataType.isUtf8(data.type) ? stringAdder(keys, data) : integerAdder(keys, data);
  for (let row = 0; row < data.length; row += 1) {
    const first = add(row, ordinal + row);
    if (first !== -1) return { row, first };
  }
  return null;
}

type Adder = (row: number, ordinal: number) => number;

function stringAdder(keys: KeySet, data: Data): Adder {
  const bytes = data.values as Uint8Array;
  const offsets = data.valueOffsets as Int32Array;
  return (row, ordinal) => keys.addBytes(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0, ordinal);
}

function integerAdder(keys: KeySet, data: Data): Adder {
  const values: unknown = data.values;
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
    return (row, ordinal) => keys.addInteger(words[row * 2] ?? 0, words[row * 2 + 1] ?? 0, ordinal);
  }
  const integers = values as Int32Array;
  return (row, ordinal) => {
    const value = integers[row] ?? 0;
    return keys.addInteger(value, value < 0 ? -1 : 0, ordinal);
  };
}

function firstNull(data: Data): number {
  for (let row = 0; row < data.length; row += 1) if (!data.getValid(row)) return row;
  return 0;
}

function keyNull(file: string, row: number, column: string): ReembedError {
  return new ReembedError(
    "REEMBED_CORPUS_KEY_NULL",
    `${file}, row ${row}: the key "${column}" is null; give every row a key, or name another column with --key`,
    { details: { file, row, column } },
  );
}

function keyDuplicate(
  column: string,
  key: unknown,
  first: { file: string; row: number },
  second: { file: string; row: number },
): ReembedError {
  const shown = shownValue(key);
  const where = first.file === second.file ? `row ${first.row}` : `${first.file}, row ${first.row}`;
  return new ReembedError(
    "REEMBED_CORPUS_KEY_DUPLICATE",
    `${second.file}, row ${second.row}: the key ${shown} of "${column}" is already at ${where}; ` +
      "give every row a key of its own, or name another column with --key",
    { details: { column, key: typeof key === "bigint" ? key.toString() : key, first, ...second } },
  );
}

function tooManyRows(file: string): ReembedError {
  return new ReembedError(
    "REEMBED_CORPUS_FORMAT",
    `${file}: the corpus has more than ${maxRows} rows; import it into several tables`,
    { details: { file } },
  );
}
