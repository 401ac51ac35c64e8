import type { RecordBatch } from "apache-arrow";
import type { FileMetaData, RowGroup } from "hyparquet";
import { arrow } from "../arrow.ts";
import { throwIfAborted } from "../core/errors.ts";
import type { Source, SourceBatch } from "../core/ports.ts";
import { batchBytes, batchRows } from "./batch-limits.ts";
import { checkUtf8 } from "./check-utf8.ts";
import { arrowListSizes } from "./parquet-list-sizes.ts";
import { parquetColumns } from "./parquet-columns.ts";
import { columnCursor } from "./parquet-cursors.ts";
import { damagedParquet, openParquet, parquetFooter } from "./parquet-file.ts";
import type { ParquetFile } from "./parquet-file.ts";

/**
 * A Parquet file, read page by page: memory depends on the size of its pages and of a batch, not on
 * that of its row groups.
 * @throws REEMBED_CORPUS_FORMAT, REEMBED_CORPUS_UNREADABLE
 */
export async function parquetSource(path: string): Promise<Source> {
  const { footer, bytes } = await readFooter(path);
  const columns = parquetColumns(footer, arrowListSizes(footer));
  const schema = new arrow.Schema(columns.map(({ name, type }) => new arrow.Field(name, type, true)));

  async function* rowGroup(
    file: ParquetFile,
    group: RowGroup,
    firstRow: number,
  ): AsyncGenerator<RecordBatch, void> {
    const place = { file, footer, group, firstRow };
    const cursors = columns.map((column) => columnCursor(column, place));
    const rows = Number(group.num_rows);
    const limit = rowsPerBatch(rows, Number(group.total_byte_size));
    for (let from = 0; from < rows; from += limit) {
      const length = Math.min(limit, rows - from);
      const children = [];
      for (const cursor of cursors) children.push(await cursor.take(length));
      const data = arrow.makeData({ type: new arrow.Struct(schema.fields), length, children });
      yield new arrow.RecordBatch(schema, data);
    }
  }

  async function* batches(signal?: AbortSignal): AsyncGenerator<SourceBatch, void> {
    const file = await openParquet(path);
    try {
      let firstRow = 0;
      for (const group of footer.row_groups) {
        let done = 0;
        for await (const batch of rowGroup(file, group, firstRow)) {
          throwIfAborted(signal);
          checkUtf8(batch, path, firstRow + done + 1);
          const share =
            Number(footer.num_rows) === 0 ? 1 : (firstRow + done + batch.numRows) / Number(footer.num_rows);
          yield { batch, file: path, firstRow: firstRow + done + 1, bytesRead: Math.round(bytes * share) };
          done += batch.numRows;
        }
        firstRow += Number(group.num_rows);
      }
    } catch (thrown) {
      throw damagedParquet(path, "a page cannot be decoded", thrown);
    } finally {
      await file.close();
    }
  }

  return { name: path, schema, totalBytes: bytes, batches };
}

async function readFooter(path: string): Promise<{ footer: FileMetaData; bytes: number }> {
  const file = await openParquet(path);
  try {
    return { footer: await parquetFooter(file), bytes: file.bytes };
  } finally {
    await file.close();
  }
}

function rowsPerBatch(rows: number, bytes: number): number {
  if (rows === 0) return batchRows;
  return Math.max(1, Math.min(batchRows, Math.floor(batchBytes / Math.max(1, bytes / rows))));
}
