/**
 * The only file that runs in the Parquet thread. Encoding takes a tenth of a second per row group, so
 * it stays off the thread that feeds the lane; and the memory of WebAssembly, which never shrinks,
 * goes with the thread.
 */
import { parentPort, workerData } from "node:worker_threads";
import {
  Compression,
  EnabledStatistics,
  type RecordBatch,
  Table,
  transformParquetStream,
  writeParquet,
  type WriterProperties,
  WriterPropertiesBuilder,
} from "parquet-wasm";
import type { ParquetReply, ParquetRequest, ParquetStart } from "./parquet-messages.ts";

/** One file being written: batches go in at one end and bytes come out at the other. */
interface OpenFile {
  readonly batches: ReadableStreamDefaultController<RecordBatch>;
  /** Resolves when the encoder asks for more than it was given. */
  wanted(): Promise<void>;
  readonly chunks: Uint8Array<ArrayBuffer>[];
  /** Resolves when the last byte is out. */
  readonly ended: Promise<void>;
}

const start = workerData as ParquetStart;
let file: OpenFile | null = null;

parentPort?.on("message", (request: ParquetRequest) => {
  void answer(request).then((reply) => {
    const buffers = reply.ok ? reply.chunks.map((chunk) => chunk.buffer) : [];
    parentPort?.postMessage(reply, buffers);
    return reply;
  });
});

async function answer(request: ParquetRequest): Promise<ParquetReply> {
  try {
    return { ok: true, chunks: await carryOut(request) };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

async function carryOut(request: ParquetRequest): Promise<readonly Uint8Array<ArrayBuffer>[]> {
  switch (request.kind) {
    case "open":
      file = null;
      return [];
    case "batch": {
      file ??= openFile();
      const { batches, wanted, chunks, ended } = file;
      const table = Table.fromIPCStream(request.ipc);
      for (const batch of table.recordBatches()) batches.enqueue(batch);
      table.free();
      await Promise.race([wanted(), ended]);
      return chunks.splice(0);
    }
    case "finish": {
      // The stream of no batches at all has no schema, which the encoder cannot do without.
      if (file === null) return [writeParquet(Table.fromIPCStream(request.ipc), properties()).slice()];
      const { batches, chunks, ended } = file;
      batches.close();
      await ended;
      file = null;
      return chunks;
    }
  }
}

function openFile(): OpenFile {
  let controller: ReadableStreamDefaultController<RecordBatch> | null = null;
  let wanted = Promise.withResolvers<void>();
  const input = new ReadableStream<RecordBatch>(
    {
      start: (opened) => {
        controller = opened;
      },
      pull: () => wanted.resolve(),
    },
    // Nothing is asked for ahead of need: the encoder holds a row group, the queue one batch.
    { highWaterMark: 0 },
  );
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const drain = async (): Promise<void> => {
    const output = (await transformParquetStream(input, properties())) as ReadableStream<Uint8Array>;
    for await (const chunk of output) chunks.push(chunk.slice());
  };
  const ended = drain();
  // Its failure is told by the request that waits for it.
  ended.catch(() => {});
  if (controller === null) throw new Error("the stream did not start");
  return {
    batches: controller,
    chunks,
    ended,
    wanted: () => {
      wanted = Promise.withResolvers<void>();
      return wanted.promise;
    },
  };
}

/**
 * Vectors of floats gain nothing from compression or a dictionary (Zstandard takes a tenth off 384
 * random directions, at twice the time), so both go to the other columns alone.
 */
function properties(): WriterProperties {
  let builder = new WriterPropertiesBuilder()
    .setCreatedBy("reembed")
    .setCompression(Compression.UNCOMPRESSED)
    .setDictionaryEnabled(false)
    .setStatisticsEnabled(EnabledStatistics.None)
    .setMaxRowGroupBytes(start.rowGroupBytes)
    .setKeyValueMetadata(new Map(start.metadata));
  for (const column of start.plainColumns) {
    builder = builder
      .setColumnCompression(column, Compression.ZSTD)
      .setColumnDictionaryEnabled(column, true)
      .setColumnStatisticsEnabled(column, EnabledStatistics.Chunk);
  }
  return builder.build();
}
