import type { Data } from "apache-arrow";
import { parquetRead } from "hyparquet";
import type { FileMetaData, RowGroup } from "hyparquet";
import { arrowData } from "./arrow-data.ts";
import { leafData } from "./leaf-data.ts";
import type { ParquetColumn } from "./parquet-columns.ts";
import { damagedParquet, parquetBuffer, parquetCompressors } from "./parquet-file.ts";
import type { RandomFile } from "./random-file.ts";
import type { StoredValue } from "./parquet-leaf.ts";
import { columnPages } from "./parquet-pages.ts";
import type { ColumnPage } from "./parquet-pages.ts";
import { validityWriter } from "./validity.ts";

/** Reads one column of one row group, a number of rows at a time. */
export interface ColumnCursor {
  /** The next `rows` rows. Order: as in the file. Owner: the caller. */
  take(rows: number): Promise<Data>;
}

/** Where a cursor stands. */
export interface GroupPlace {
  readonly file: RandomFile;
  readonly footer: FileMetaData;
  readonly group: RowGroup;
  /** Rows of the groups before it. */
  readonly rowsBefore: number;
}

/** A cursor at the start of a row group's column. @throws REEMBED_CORPUS_FORMAT */
export function columnCursor(column: ParquetColumn, place: GroupPlace): ColumnCursor {
  if (column.kind === "nested") return nestedCursor(column, place);
  const path = column.schemaPath.slice(1).map((node) => node.element.name);
  const chunk = place.group.columns.find(({ meta_data: meta }) =>
    meta?.path_in_schema.every((part, index) => part === path[index]),
  );
  if (chunk?.meta_data === undefined || chunk.file_path !== undefined) {
    throw damagedParquet(place.file.path, `column "${column.name}" is missing from a row group`);
  }
  const pages = columnPages(place.file, chunk.meta_data, column.schemaPath);
  const ranOut = (): Error => damagedParquet(place.file.path, `column "${column.name}" has too few values`);
  return column.kind === "flat"
    ? flatCursor(column, pages, ranOut)
    : listCursor(column, pages, place, ranOut);
}

type Column<Kind extends ParquetColumn["kind"]> = Extract<ParquetColumn, { kind: Kind }>;

/** Goes through the entries of one page. */
interface PageReader {
  readonly page: ColumnPage;
  /** Entries done. */
  entry: number;
  /** The value at the next entry, if it has one. */
  nextValue(): StoredValue;
}

function pageReader(page: ColumnPage): PageReader {
  const { values, dictionary } = page;
  let at = 0;
  return {
    page,
    entry: 0,
    nextValue() {
      const stored: unknown = dictionary === null ? values[at] : dictionary[Number(values[at])];
      if (stored === undefined) throw new Error("a page has fewer values than its levels say");
      at += 1;
      return stored as StoredValue;
    },
  };
}

function flatCursor(
  column: Column<"flat">,
  pages: AsyncGenerator<ColumnPage, void>,
  ranOut: () => Error,
): ColumnCursor {
  let reader: PageReader | null = null;
  return {
    async take(rows) {
      // The pages that these rows lie in are brought in first, so that values are then read without waiting.
      const readers: PageReader[] = [];
      let available = 0;
      while (available < rows) {
        if (reader === null || reader.entry >= reader.page.entries) {
          const step = await pages.next();
          if (step.done === true) throw ranOut();
          reader = pageReader(step.value);
        }
        readers.push(reader);
        available += reader.page.entries - reader.entry;
        if (available < rows) reader = null;
      }
      let index = 0;
      let current = readers[0];
      return leafData(column.leaf, rows, () => {
        while (current !== undefined && current.entry >= current.page.entries)
          current = readers[(index += 1)];
        if (current === undefined) throw ranOut();
        const isNull = current.page.definitionLevels?.[current.entry] === 0;
        current.entry += 1;
        return isNull ? null : current.nextValue();
      });
    },
  };
}

function listCursor(
  column: Column<"list">,
  pages: AsyncGenerator<ColumnPage, void>,
  { file }: GroupPlace,
  ranOut: () => Error,
): ColumnCursor {
  const [list, , item] = column.schemaPath.slice(1);
  // Levels count what is present on the way down: the list (if it may be null), an entry, the value.
  const presentList = list?.element.repetition_type === "REQUIRED" ? 0 : 1;
  const presentEntry = presentList + 1;
  const presentValue = presentEntry + (item?.element.repetition_type === "REQUIRED" ? 0 : 1);

  // Lists read so far; the last may go on in the next page.
  let sizes: (number | null)[] = [];
  let elements: (StoredValue | null)[] = [];

  const addPage = (page: ColumnPage): void => {
    const reader = pageReader(page);
    for (let entry = 0; entry < page.entries; entry += 1) {
      const definition = page.definitionLevels?.[entry] ?? presentValue;
      if ((page.repetitionLevels?.[entry] ?? 0) === 0) sizes.push(definition < presentList ? null : 0);
      if (definition < presentEntry) continue;
      elements.push(definition < presentValue ? null : reader.nextValue());
      sizes[sizes.length - 1] = (sizes.at(-1) ?? 0) + 1;
    }
  };

  return {
    async take(rows) {
      for (let isEnd = false; !isEnd && sizes.length <= rows;) {
        const step = await pages.next();
        isEnd = step.done === true;
        if (step.done !== true) addPage(step.value);
      }
      if (sizes.length < rows) throw ranOut();
      const taken = sizes.slice(0, rows);
      const count = taken.reduce<number>((sum, size) => sum + (size ?? 0), 0);
      const values = elements.slice(0, count);
      sizes = sizes.slice(rows);
      elements = elements.slice(count);
      return listData(column, taken, values, file.path);
    },
  };
}

function listData(
  column: Column<"list">,
  sizes: readonly (number | null)[],
  elements: readonly (StoredValue | null)[],
  path: string,
): Data {
  const rows = sizes.length;
  const { listSize, leaf, type } = column;
  const validity = validityWriter(rows);
  const valueOffsets = new Int32Array(rows + 1);
  sizes.forEach((size, row) => {
    if (size === null) validity.markNull(row);
    else if (listSize !== null && size !== listSize) {
      throw damagedParquet(path, `column "${column.name}" has a list of ${size} values, not ${listSize}`);
    }
    valueOffsets[row + 1] = (valueOffsets[row] ?? 0) + (size ?? 0);
  });
  let at = 0;
  if (listSize === null) {
    const child = leafData(leaf, elements.length, () => elements[at++] ?? null);
    return arrowData(type, { length: rows, ...validity.finish(rows), valueOffsets, child });
  }
  // A missing fixed-size list still takes up its place among the elements.
  const place = { row: 0, element: 0 };
  const child = leafData(leaf, rows * listSize, () => {
    const isMissing = sizes[place.row] === null;
    place.element += 1;
    if (place.element === listSize) {
      place.element = 0;
      place.row += 1;
    }
    return isMissing ? null : (elements[at++] ?? null);
  });
  return arrowData(type, { length: rows, ...validity.finish(rows), child });
}

/** Reads the column of the whole row group at once: the library assembles structs and maps only so. */
function nestedCursor(
  column: Column<"nested">,
  { file, footer, group, rowsBefore }: GroupPlace,
): ColumnCursor {
  let texts: (Uint8Array | null)[] | null = null;
  let at = 0;
  const read = async (): Promise<(Uint8Array | null)[]> => {
    const all: (Uint8Array | null)[] = [];
    try {
      await parquetRead({
        file: parquetBuffer(file),
        metadata: footer,
        columns: [column.name],
        rowStart: rowsBefore,
        rowEnd: rowsBefore + Number(group.num_rows),
        compressors: parquetCompressors,
        onChunk: ({ columnData }) => {
          for (const value of columnData as Iterable<unknown>) all.push(jsonBytes(value));
        },
      });
    } catch (thrown) {
      throw damagedParquet(file.path, `column "${column.name}" cannot be decoded`, thrown);
    }
    return all;
  };
  return {
    async take(rows) {
      texts ??= await read();
      const from = texts;
      return leafData({ type: column.type, convert: null }, rows, () => from[at++] ?? null);
    },
  };
}

function jsonBytes(value: unknown): Uint8Array | null {
  if (value === null || value === undefined) return null;
  const json = JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === "bigint") return Number.isSafeInteger(Number(item)) ? Number(item) : item.toString();
    return item instanceof Uint8Array ? Buffer.from(item).toString("base64") : item;
  });
  return Buffer.from(json, "utf8");
}
