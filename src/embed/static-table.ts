import { open } from "node:fs/promises";
import { ReembedError } from "../core/errors.ts";
import {
  parseSafetensorsHeader,
  safetensorsHeaderBytes,
  safetensorsLengthBytes,
  type TensorHeader,
} from "../core/safetensors.ts";

/** The table of a static model: one row a token. */
export interface StaticTable {
  /** Shape: `[rows, dimensions]`. int8 stays int8: a quarter of the memory that is read per token. */
  readonly rows: Int8Array | Float32Array;
  readonly dimensions: number;
  /** Weight of each token id; null where all weigh the same. */
  readonly weights: Float32Array | null;
  /** Row of each token id; null where the id is the row. */
  readonly mapping: Int32Array | null;
}

/** Reads a model2vec table: `embeddings`, and `weights` and `mapping` where they are. */
export async function readStaticTable(path: string): Promise<StaticTable> {
  const bytes = await readAll(path);
  const headerBytes = safetensorsHeaderBytes(bytes) ?? damaged(path, "no length of a header at its start");
  const header = bytes.subarray(safetensorsLengthBytes, safetensorsLengthBytes + headerBytes);
  const tensors = parseSafetensorsHeader(header, bytes.length);
  if (typeof tensors === "string") return damaged(path, tensors);
  const byName = (name: string): TensorHeader | undefined => tensors.find((tensor) => tensor.name === name);
  const embeddings = byName("embeddings") ?? byName("embedding.weight");
  if (embeddings === undefined) return damaged(path, 'no tensor "embeddings"');
  const weights = byName("weights");
  const mapping = byName("mapping");
  return {
    rows: embeddings.dtype === "I8" ? int8Of(bytes, embeddings) : floatsOf(path, bytes, embeddings),
    dimensions: embeddings.shape[1] ?? damaged(path, `"${embeddings.name}" has no second axis`),
    weights: weights === undefined ? null : floatsOf(path, bytes, weights),
    mapping: mapping === undefined ? null : integersOf(path, bytes, mapping),
  };
}

async function readAll(path: string): Promise<Uint8Array> {
  const file = await open(path).catch((error: unknown) => {
    throw ReembedError.from(error, "REEMBED_MODEL_FILE_MISSING", `${path} cannot be read`);
  });
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function int8Of(bytes: Uint8Array, { begin, end }: TensorHeader): Int8Array {
  return new Int8Array(bytes.buffer, bytes.byteOffset + begin, end - begin);
}

/** Reads one element; offsets are in bytes. */
type ReadElement = (view: DataView, offset: number) => number;

const floatTypes: Readonly<Record<string, readonly [bytes: number, read: ReadElement]>> = {
  F64: [8, (view, offset) => view.getFloat64(offset, true)],
  F32: [4, (view, offset) => view.getFloat32(offset, true)],
  F16: [2, (view, offset) => halfToNumber(view.getUint16(offset, true))],
  BF16: [2, (view, offset) => bfloatToNumber(view.getUint16(offset, true))],
  I8: [1, (view, offset) => view.getInt8(offset)],
};

const integerTypes: Readonly<Record<string, readonly [bytes: number, read: ReadElement]>> = {
  I64: [8, (view, offset) => Number(view.getBigInt64(offset, true))],
  I32: [4, (view, offset) => view.getInt32(offset, true)],
  U32: [4, (view, offset) => view.getUint32(offset, true)],
  U16: [2, (view, offset) => view.getUint16(offset, true)],
};

function floatsOf(path: string, bytes: Uint8Array, tensor: TensorHeader): Float32Array {
  const [size, read] =
    floatTypes[tensor.dtype] ?? damaged(path, `"${tensor.name}" is of type ${tensor.dtype}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + tensor.begin, tensor.end - tensor.begin);
  const floats = new Float32Array(view.byteLength / size);
  for (let i = 0; i < floats.length; i++) floats[i] = read(view, i * size);
  return floats;
}

function integersOf(path: string, bytes: Uint8Array, tensor: TensorHeader): Int32Array {
  const [size, read] =
    integerTypes[tensor.dtype] ?? damaged(path, `"${tensor.name}" is of type ${tensor.dtype}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + tensor.begin, tensor.end - tensor.begin);
  return Int32Array.from({ length: view.byteLength / size }, (_, i) => read(view, i * size));
}

/** Source: IEEE 754-2008, binary16. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const bfloatBits = new Uint32Array(1);
const bfloatValue = new Float32Array(bfloatBits.buffer);

/** A bfloat16 is the upper half of a float32. */
function bfloatToNumber(bits: number): number {
  bfloatBits[0] = bits << 16;
  return bfloatValue[0]!;
}

function damaged(path: string, reason: string): never {
  throw new ReembedError("REEMBED_MODEL_FILE_DAMAGED", `${path}: ${reason}; fetch the package again`, {
    details: { file: path, reason },
  });
}
