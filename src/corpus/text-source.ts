import { throwIfAborted } from "../core/errors.ts";
import type { Source, SourceBatch } from "../core/ports.ts";
import { recordBatch } from "./arrow-data.ts";
import { batchBytes, batchRows } from "./batch-limits.ts";
import type { ByteInput } from "./byte-input.ts";
import { scalarWriter, textWriter } from "./column-writer.ts";
import type { ColumnWriter, TextColumn } from "./column-writer.ts";
import { countBytes } from "./count-bytes.ts";
import { decompressed } from "./decompress.ts";
import type { Compression } from "./decompress.ts";
import { columnsSchema, windowLength, windowRows } from "./infer-columns.ts";

/** A parsed row. */
export interface TextRow<Row> {
  readonly row: Row;
  /** The line that it starts on, from 1. */
  readonly line: number;
  /** Length of its text, in UTF-16 units. */
  readonly length: number;
}

/** A cell as its column takes it. */
export type Cell = string | number | bigint | boolean | null;

/** What makes one text format different from another. */
export interface TextFormat<Row> {
  /** Rows in order, some at a time. @throws REEMBED_CORPUS_FORMAT */
  rows(chunks: AsyncIterable<Buffer>): AsyncIterable<readonly TextRow<Row>[]>;
  /** Rows at the start that name the columns. */
  readonly headerRows: number;
  /** The columns, from the first rows, header included. */
  columns(firstRows: readonly TextRow<Row>[]): readonly TextColumn[];
  /** The cells of a row, one for each column, checked. Owner: borrowed until the next call. */
  cells(columns: readonly TextColumn[]): (row: TextRow<Row>) => readonly Cell[];
}

/**
 * A source that reads rows of text and settles the columns' types by the first of them.
 * @throws REEMBED_CORPUS_FORMAT, REEMBED_CORPUS_UNREADABLE
 */
export async function textSource<Row>(
  input: ByteInput,
  compression: Compression,
  format: TextFormat<Row>,
): Promise<Source> {
  const columns = format.columns(await firstRows(input, compression, format));
  const schema = columnsSchema(columns);

  async function* batches(signal?: AbortSignal): AsyncGenerator<SourceBatch, void> {
    const cellsOf = format.cells(columns);
    const writers = columns.map(writerOf);
    const consumed = { bytes: 0 };
    let headers = format.headerRows;
    let firstRow = 1;
    let rows = 0;

    const finish = (): SourceBatch => {
      const children = writers.map((writer) => writer.finish());
      const made = { batch: recordBatch(schema, rows, children), file: input.file, firstRow };
      firstRow += rows;
      rows = 0;
      return { ...made, bytesRead: consumed.bytes };
    };

    const chunks = decompressed(countBytes(input.read(signal), consumed), compression, input.file);
    for await (const block of format.rows(chunks)) {
      throwIfAborted(signal);
      for (const row of block) {
        if (headers > 0) {
          headers -= 1;
          continue;
        }
        const cells = cellsOf(row);
        let bytes = 0;
        for (let index = 0; index < writers.length; index += 1) {
          const writer = writers[index];
          writer?.append(cells[index] ?? null);
          bytes += writer?.bytes() ?? 0;
        }
        rows += 1;
        if (rows < batchRows && bytes < batchBytes) continue;
        yield finish();
        throwIfAborted(signal);
      }
    }
    if (rows > 0) yield finish();
  }

  return { name: input.file, schema, totalBytes: input.totalBytes, batches };
}

async function firstRows<Row>(
  input: ByteInput,
  compression: Compression,
  format: TextFormat<Row>,
): Promise<readonly TextRow<Row>[]> {
  const first: TextRow<Row>[] = [];
  let length = 0;
  for await (const block of format.rows(decompressed(input.peek(), compression, input.file))) {
    for (const row of block) {
      first.push(row);
      length += row.length;
      // Counted by row, not by block: what is inferred must not depend on how the bytes arrive.
      if (first.length >= windowRows || length >= windowLength) return first;
    }
  }
  return first;
}

function writerOf({ kind }: TextColumn): ColumnWriter<Cell> {
  return kind === "string" || kind === "json" ? textWriter() : scalarWriter(kind);
}
