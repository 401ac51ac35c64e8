import { parquetHeader } from "hyparquet/src/column.js";
import { decompressPage, readDataPage, readDataPageV2 } from "hyparquet/src/datapage.js";
import { readPlain } from "hyparquet/src/plain.js";
import type { ColumnMetaData, DecodedArray, SchemaTree } from "hyparquet";
import type { ColumnDecoder, PageHeader } from "hyparquet/src/types.js";
import { crc32 } from "node:zlib";
import { damagedParquet, parquetCompressors } from "./parquet-file.ts";
import type { RandomFile } from "./random-file.ts";

/** One page of a column, decoded but not yet put into rows. */
export interface ColumnPage {
  /** Entries: values, nulls and empty lists. */
  readonly entries: number;
  /** One level an entry; null where every entry is a value. */
  readonly definitionLevels: readonly number[] | null;
  /** One level an entry; null for columns that hold no lists. */
  readonly repetitionLevels: readonly number[] | null;
  /** The values that are there, or their places in the dictionary. */
  readonly values: DecodedArray;
  readonly dictionary: DecodedArray | null;
}

/** Bytes read at once; a page that is longer is read whole. */
const readAheadBytes = 1 << 20;

/** Thrift headers are short, but carry the smallest and largest value of the page, uncut by some writers. */
const headerBytes = 1 << 12;

/**
 * The pages of one column of one row group, in order, with no more than a page or a megabyte of the
 * file in memory.
 * @throws REEMBED_CORPUS_FORMAT
 */
export async function* columnPages(
  file: RandomFile,
  column: ColumnMetaData,
  schemaPath: readonly SchemaTree[],
): AsyncGenerator<ColumnPage, void> {
  const element = schemaPath.at(-1)?.element;
  if (element === undefined) return;
  const decoder = { ...column, element, schemaPath: [...schemaPath], compressors: parquetCompressors };
  const start = Number(column.dictionary_page_offset || column.data_page_offset);
  const end = start + Number(column.total_compressed_size);
  const name = column.path_in_schema.join(".");
  const damaged = (problem: string, cause?: unknown): Error =>
    damagedParquet(file.path, `column "${name}": ${problem}`, cause);
  if (end > file.bytes) throw damaged(`its data would end at byte ${end} of ${file.bytes}`);

  const window = readWindow(file, end);
  let dictionary: DecodedArray | null = null;
  let entries = 0;
  for (let at = start; at < end && entries < Number(column.num_values);) {
    const { header, length } = await readHeader(window, at, end, damaged);
    at += length;
    if (at + header.compressed_page_size > end) throw damaged(`a page at byte ${at} goes past its end`);
    const bytes = await window(at, header.compressed_page_size);
    at += header.compressed_page_size;
    if (header.crc !== undefined && crc32(bytes) !== header.crc >>> 0) {
      throw damaged(`the checksum of the page before byte ${at} is wrong`);
    }
    try {
      if (header.type === "DICTIONARY_PAGE") {
        dictionary = readDictionary(bytes, header, decoder as unknown as ColumnDecoder);
      } else {
        const page = decodePage(bytes, header, decoder as unknown as ColumnDecoder, dictionary);
        if (page !== null) {
          entries += page.entries;
          yield page;
        }
      }
    } catch (thrown) {
      throw damaged(`the page before byte ${at} cannot be decoded`, thrown);
    }
  }
  if (entries !== Number(column.num_values)) {
    throw damaged(`${entries} values where the footer says ${column.num_values}`);
  }
}

type Window = (at: number, length: number) => Promise<Uint8Array>;

/** Reads ahead through a column, and keeps only what was read last. */
function readWindow(file: RandomFile, end: number): Window {
  let from = 0;
  let bytes = new Uint8Array(0);
  return async (at, length) => {
    if (at < from || at + length > from + bytes.length) {
      const to = Math.min(end, at + Math.max(length, readAheadBytes));
      bytes = new Uint8Array(await file.slice(at, to));
      from = at;
    }
    return bytes.subarray(at - from, at - from + length);
  };
}

async function readHeader(
  window: Window,
  at: number,
  end: number,
  damaged: (problem: string, cause?: unknown) => Error,
): Promise<{ header: PageHeader; length: number }> {
  for (let length = Math.min(headerBytes, end - at); ; length = Math.min(length * 16, end - at)) {
    const bytes = await window(at, length);
    const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
    try {
      const header = parquetHeader(reader);
      if (reader.offset <= length) return { header, length: reader.offset };
    } catch (thrown) {
      if (length === end - at) throw damaged(`the page header at byte ${at} cannot be read`, thrown);
    }
    if (length === end - at) throw damaged(`the page header at byte ${at} is cut short`);
  }
}

function readDictionary(bytes: Uint8Array, header: PageHeader, decoder: ColumnDecoder): DecodedArray {
  const page = decompressPage(bytes, header.uncompressed_page_size, decoder.codec, decoder.compressors);
  const reader = { view: new DataView(page.buffer, page.byteOffset, page.byteLength), offset: 0 };
  const count = header.dictionary_page_header?.num_values ?? 0;
  return readPlain(reader, decoder.type, count, decoder.element.type_length);
}

function decodePage(
  bytes: Uint8Array,
  header: PageHeader,
  decoder: ColumnDecoder,
  dictionary: DecodedArray | null,
): ColumnPage | null {
  const plain = header.data_page_header;
  const second = header.data_page_header_v2;
  if (plain === undefined && second === undefined) return null;
  const decoded =
    plain === undefined
      ? readDataPageV2(bytes, header, decoder)
      : readDataPage(
          decompressPage(bytes, header.uncompressed_page_size, decoder.codec, decoder.compressors),
          plain,
          decoder,
        );
  const encoding = plain?.encoding ?? second?.encoding ?? "PLAIN";
  const usesDictionary = encoding === "RLE_DICTIONARY" || encoding === "PLAIN_DICTIONARY";
  if (usesDictionary && dictionary === null) throw new Error("its dictionary is missing");
  return {
    entries: plain?.num_values ?? second?.num_values ?? 0,
    definitionLevels: decoded.definitionLevels?.length ? decoded.definitionLevels : null,
    repetitionLevels: decoded.repetitionLevels.length > 0 ? decoded.repetitionLevels : null,
    values: decoded.dataPage,
    dictionary: usesDictionary ? dictionary : null,
  };
}
