import type { RecordBatch } from "apache-arrow";
import type { FileMetaData, RowGroup } from "hyparquet";
import { arrow } from "../arrow.ts";
import { throwIfAborted } from "../core/errors.ts";
import type { Source, SourceBatch } from "../core/ports.ts";
import { recordBatch } from "./arrow-data.ts";
import { rowsPerBatch } from "./batch-limits.ts";
import { checkUtf8 } from "./check-utf8.ts";
import { parquetListSizes } from "./parquet-list-sizes.ts";
import { parquetColumns } from "./parquet-columns.ts";
import type { ParquetColumn } from "./parquet-columns.ts";
import { columnCursor } from "./parquet-cursors.ts";
import { damagedParquet, parquetFooter } from "./parquet-file.ts";
import { openRandomFile } from "./random-file.ts";
import type { RandomFile } from "./random-file.ts";

/**
 * A Parquet file, read page by page: memory depends on the size of its pages and of a batch, not on
 * that of its row groups.
 * @throws REEMBED_CORPUS_FORMAT, REEMBED_CORPUS_UNREADABLE
 */
export async function parquetSource(path: string): Promise<Source> {
  const { footer, bytes } = await readFooter(path);
  const columns = planColumns(path, footer);
  const rows = Number(footer.num_rows);
  const grouped = footer.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  if (grouped !== rows)
    throw damagedParquet(path, `its row groups hold ${grouped} rows, its footer says ${rows}`);
  const schema = new arrow.Schema(columns.map(({ name, type }) => new arrow.Field(name, type, true)));

  async function* rowGroup(
    file: RandomFile,
    group: RowGroup,
    rowsBefore: number,
  ): AsyncGenerator<RecordBatch, void> {
    const place = { file, footer, group, rowsBefore };
    const cursors = columns.map((column) => columnCursor(column, place));
    const groupRows = Number(group.num_rows);
    const limit = rowsPerBatch(groupRows, Number(group.total_byte_size));
    for (let from = 0; from < groupRows; from += limit) {
      const length = Math.min(limit, groupRows - from);
      const children = [];
      for (const cursor of cursors) children.push(await cursor.take(length));
      yield recordBatch(schema, length, children);
    }
  }

  async function* batches(signal?: AbortSignal): AsyncGenerator<SourceBatch, void> {
    const file = await openRandomFile(path);
    try {
      let done = 0;
      for (const group of footer.row_groups) {
        for await (const batch of rowGroup(file, group, done)) {
          throwIfAborted(signal);
          const firstRow = done + 1;
          checkUtf8(batch, path, firstRow);
          done += batch.numRows;
          yield { batch, file: path, firstRow, bytesRead: Math.round((bytes * done) / rows) };
        }
      }
    } catch (thrown) {
      throw damagedParquet(path, "a page cannot be decoded", thrown);
    } finally {
      await file.close();
    }
  }

  return { name: path, schema, totalBytes: bytes, batches };
}

function planColumns(path: string, footer: FileMetaData): ParquetColumn[] {
  try {
    return parquetColumns(footer, parquetListSizes(footer));
  } catch (thrown) {
    throw damagedParquet(path, "its schema cannot be read", thrown);
  }
}

async function readFooter(path: string): Promise<{ footer: FileMetaData; bytes: number }> {
  const file = await openRandomFile(path);
  try {
    return { footer: await parquetFooter(file), bytes: file.bytes };
  } finally {
    await file.close();
  }
}
