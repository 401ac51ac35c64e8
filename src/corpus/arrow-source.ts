import type { RecordBatch, Schema } from "apache-arrow";
import { arrow } from "../arrow.ts";
import { ReembedError, throwIfAborted } from "../core/errors.ts";
import type { Source, SourceBatch } from "../core/ports.ts";
import { recordBatch } from "./arrow-data.ts";
import { rowsPerBatch } from "./batch-limits.ts";
import { headBytes } from "./byte-input.ts";
import type { ByteInput } from "./byte-input.ts";
import { checkUtf8 } from "./check-utf8.ts";
import { countBytes } from "./count-bytes.ts";
import { formatError } from "./corpus-error.ts";
import { decompressed } from "./decompress.ts";
import type { Compression } from "./decompress.ts";
import { ipcBuffers } from "./ipc-buffers.ts";
import type { IpcBuffers } from "./ipc-buffers.ts";
import { ipcColumn } from "./ipc-columns.ts";
import type { Dictionaries, Dictionary } from "./ipc-columns.ts";
import { arrowField, ipcFields } from "./ipc-fields.ts";
import type { IpcField, IpcLayout } from "./ipc-fields.ts";
import { ipcFileMessages } from "./ipc-file.ts";
import { ipcMessages } from "./ipc-messages.ts";
import type { IpcMessage } from "./ipc-messages.ts";
import { openRandomFile } from "./random-file.ts";

/**
 * Arrow IPC, file or stream, read from start to end: its messages one at a time, compressed or not.
 * Dictionaries, large and viewed strings come out as plain Utf8.
 * @throws REEMBED_CORPUS_FORMAT
 */
export async function arrowSource(input: ByteInput, compression: Compression): Promise<Source> {
  const { file } = input;
  const isRandom = compression === "none" && input.totalBytes !== null && (await isArrowFile(input));
  const messages = isRandom
    ? () => fileMessages(file)
    : (chunks: AsyncIterable<Buffer>) => ipcMessages(decompressed(chunks, compression, file));
  const fields = await schemaFields(messages(input.peek()), file);
  const schema = new arrow.Schema(fields.map(arrowField));

  async function* batches(signal?: AbortSignal): AsyncGenerator<SourceBatch, void> {
    const consumed = { bytes: 0 };
    const chunks = countBytes(input.read(signal), consumed);
    let firstRow = 1;
    try {
      for await (const { batch, endByte } of recordBatches(messages(chunks), fields, schema)) {
        throwIfAborted(signal);
        checkUtf8(batch, file, firstRow);
        yield { batch, file, firstRow, bytesRead: isRandom ? endByte : consumed.bytes };
        firstRow += batch.numRows;
      }
    } catch (thrown) {
      throw damagedArrow(file, firstRow, thrown);
    }
  }

  return { name: file, schema, totalBytes: input.totalBytes, batches };
}

async function isArrowFile(input: ByteInput): Promise<boolean> {
  return (await headBytes(input.peek(), 6)).toString("latin1") === "ARROW1";
}

async function* fileMessages(path: string): AsyncGenerator<IpcMessage, void> {
  const file = await openRandomFile(path);
  try {
    yield* ipcFileMessages(file);
  } finally {
    await file.close();
  }
}

async function schemaFields(messages: AsyncIterable<IpcMessage>, file: string): Promise<IpcField[]> {
  try {
    for await (const message of messages) {
      if (message.kind === "schema") return ipcFields(message.header);
      throw formatError(
        file,
        "the Arrow data does not begin with its schema; some writers' files have it only at their end",
        "save it as a file and name that, or write it in the stream format",
      );
    }
    throw new Error("it is cut short");
  } catch (thrown) {
    throw damagedArrow(file, null, thrown);
  }
}

async function* recordBatches(
  messages: AsyncIterable<IpcMessage>,
  fields: readonly IpcField[],
  schema: Schema,
): AsyncGenerator<{ batch: RecordBatch; endByte: number }, void> {
  const dictionaries = new Map<number, Dictionary>();
  const dictionaryValues = new Map(dictionaryFields(fields).map(({ id, values }) => [id, values]));
  for await (const { kind, header, body, endByte } of messages) {
    if (kind === "dictionary") {
      const id = header.int64(0);
      const values = dictionaryValues.get(id);
      const data = header.table(1);
      if (values === undefined || data === null) continue;
      const added = readDictionary(values, ipcBuffers(data, body), dictionaries);
      const before = header.int8(2) === 0 ? undefined : dictionaries.get(id);
      dictionaries.set(id, before === undefined ? added : joined(before, added));
    } else if (kind === "batch") {
      const buffers = ipcBuffers(header, body);
      const columns = fields.map((field) => ipcColumn(field, buffers, dictionaries));
      const limit = rowsPerBatch(buffers.rows, body.length);
      for (let from = 0; from < buffers.rows; from += limit) {
        const length = Math.min(limit, buffers.rows - from);
        const children = columns.map((column) => column(from, length));
        yield { batch: recordBatch(schema, length, children), endByte };
      }
    }
  }
}

function readDictionary(values: IpcField, buffers: IpcBuffers, dictionaries: Dictionaries): Dictionary {
  return { slice: ipcColumn(values, buffers, dictionaries), length: buffers.rows };
}

/** A dictionary and what a delta adds to it. */
function joined(before: Dictionary, added: Dictionary): Dictionary {
  const parts = [before.slice(0, before.length), added.slice(0, added.length)];
  const values = parts.flatMap((part) => [...arrow.makeVector(part)] as unknown[]);
  const whole = parts[0] === undefined ? undefined : arrow.vectorFromArray(values, parts[0].type).data[0];
  if (whole === undefined) return added;
  return { slice: (from, length) => whole.slice(from, length), length: values.length };
}

function dictionaryFields(fields: readonly IpcField[]): Extract<IpcLayout, { kind: "dictionary" }>[] {
  return fields.flatMap(({ layout }) => {
    switch (layout.kind) {
      case "dictionary":
        return [layout, ...dictionaryFields([layout.values])];
      case "list":
      case "fixed-list":
        return dictionaryFields([layout.item]);
      case "struct":
        return dictionaryFields(layout.fields);
      default:
        return [];
    }
  });
}

function damagedArrow(file: string, row: number | null, thrown: unknown): Error {
  if (thrown instanceof ReembedError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  const where = row === null ? "in its schema" : `in the rows from ${row} on`;
  return formatError(
    file,
    `damaged Arrow data ${where}: ${reason}`,
    "write or download the file again",
    row === null ? {} : { row },
    thrown,
  );
}
