import { env, InferenceSession, Tensor } from "onnxruntime-node";
import { ReembedError } from "../core/errors.ts";
import { fromFloat16Bits } from "../core/float16.ts";
import { deviceError, providerOf } from "./device-provider.ts";
import type { InferenceRuntime, LoadedModel, OutputTensor, TokenBatch } from "./inference-runtime.ts";

/** Inputs that a text encoder may have, and what each is fed. */
const knownInputs = ["input_ids", "attention_mask", "token_type_ids", "position_ids"] as const;
type KnownInput = (typeof knownInputs)[number];

/** What a decoder keeps of earlier tokens, for one layer. A text is embedded at once, so there are none. */
const pastInput = /^past_key_values\.\d+\.(?:key|value)$/;

/** Call shapes whose tensors are kept. A shape is a few hundred bytes; its data is shared by all. */
const maxShapes = 4096;

type Feeds = InferenceSession.OnnxValueMapType;

/** ONNX Runtime, one session a model, on the calling thread. */
export const onnxRuntime: InferenceRuntime = {
  async load(weightsPath, { threads, device, widenIntegers }) {
    // What goes wrong is thrown; written to the process's stderr it would only tear progress lines.
    env.logLevel = "fatal";
    let session: InferenceSession;
    try {
      session = await InferenceSession.create(weightsPath, {
        executionProviders: [providerOf(device)],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: "sequential",
        logSeverityLevel: 4,
        ...(widenIntegers ? { extra: { session: { x64quantprecision: "1" } } } : {}),
      });
    } catch (error) {
      if (device !== "cpu" && (await loadsOnCpu(weightsPath))) throw deviceError(device, error);
      throw ReembedError.from(
        error,
        "REEMBED_MODEL_LOAD_FAILED",
        `${weightsPath} cannot be loaded by ONNX Runtime`,
      );
    }
    return createModel(session, weightsPath);
  },
};

/** Whether it is the device that is at fault, and not the model. */
async function loadsOnCpu(weightsPath: string): Promise<boolean> {
  try {
    const session = await InferenceSession.create(weightsPath, { graphOptimizationLevel: "disabled" });
    await session.release();
    return true;
  } catch {
    return false;
  }
}

function createModel(session: InferenceSession, weightsPath: string): LoadedModel {
  const { inputs, pasts } = readInputs(session, weightsPath);
  const feedsOf = createFeeds(inputs, pasts);
  return {
    inputs: session.inputNames,
    outputs: session.outputMetadata.map((output) => ({
      name: output.name,
      rank: output.isTensor ? output.shape.length : null,
    })),
    async run(batch, output) {
      const results = await session.run(feedsOf(batch), [output]);
      const tensor = results[output];
      if (tensor === undefined)
        throw new ReembedError("REEMBED_EMBED_FAILED", `output "${output}" is missing`);
      return toOutput(tensor, output);
    },
    close: () => session.release(),
  };
}

interface Input {
  readonly name: KnownInput;
  readonly wide: boolean;
}

/** An input for earlier tokens: always empty, but of the right number of heads and their width. */
interface PastInput {
  readonly name: string;
  readonly type: "float32" | "float16";
  readonly heads: number;
  readonly width: number;
}

interface Inputs {
  readonly inputs: readonly Input[];
  readonly pasts: readonly PastInput[];
}

function readInputs(session: InferenceSession, weightsPath: string): Inputs {
  const inputs: Input[] = [];
  const pasts: PastInput[] = [];
  for (const input of session.inputMetadata) {
    const name = knownInputs.find((known) => known === input.name);
    const type = input.isTensor ? input.type : "no tensor";
    const past = pastInput.test(input.name) && input.isTensor ? toPastInput(input) : null;
    if (past !== null) {
      pasts.push(past);
      continue;
    }
    if (name === undefined || (type !== "int64" && type !== "int32")) {
      throw new ReembedError(
        "REEMBED_MODEL_UNSUPPORTED",
        `${weightsPath}: input "${input.name}" (${type}) is not known; a text encoder takes ${knownInputs.join(", ")} as int64 or int32`,
        { details: { file: weightsPath, input: input.name, type } },
      );
    }
    inputs.push({ name, wide: type === "int64" });
  }
  return { inputs, pasts };
}

function toPastInput(input: InferenceSession.TensorValueMetadata): PastInput | null {
  const { name, type } = input;
  // Axes: texts, heads, earlier tokens, width of a head.
  const [, heads, , width] = input.shape;
  if (typeof heads !== "number" || typeof width !== "number") return null;
  return type === "float32" || type === "float16" ? { name, type, heads, width } : null;
}

/**
 * Makes the inputs of a call. Tensors are made once per call shape over memory that all shapes share,
 * and only the ids are written again; ids are written as 32-bit halves, since BigInts cost allocations.
 */
function createFeeds(inputs: readonly Input[], pasts: readonly PastInput[]): (batch: TokenBatch) => Feeds {
  let capacity = 0;
  let memory = new Map<KnownInput, ArrayBuffer>();
  let shapes = new Map<number, Feeds>();
  const idsWide = inputs.some(({ name, wide }) => name === "input_ids" && wide);
  let ids = new Int32Array(0);
  let mask = new Int32Array(0);
  /** Whether every slot of the mask is one. Once a call was padded, each call writes its own slots. */
  let maskIsPlain = true;

  function grow(slots: number): void {
    capacity = Math.max(slots, capacity * 2, 512);
    shapes = new Map();
    memory = new Map(inputs.map(({ name, wide }) => [name, new ArrayBuffer(capacity * (wide ? 8 : 4))]));
    for (const { name, wide } of inputs) {
      const buffer = memory.get(name)!;
      if (name !== "attention_mask") continue;
      if (wide) new BigInt64Array(buffer).fill(1n);
      else new Int32Array(buffer).fill(1);
      mask = new Int32Array(buffer);
      maskIsPlain = true;
    }
    ids = new Int32Array(memory.get("input_ids") ?? new ArrayBuffer(capacity * 8));
  }

  /** Ones for tokens, zeros for padding; all ones again where nothing is padded. */
  function writeMask({ rows, length, lengths }: TokenBatch): void {
    if (lengths === null && maskIsPlain) return;
    const stride = mask.length / capacity;
    for (let row = 0; row < rows; row++) {
      const tokens = lengths?.[row] ?? length;
      for (let slot = 0; slot < length; slot++) mask[(row * length + slot) * stride] = slot < tokens ? 1 : 0;
    }
    maskIsPlain &&= lengths === null;
  }

  function makeShape(rows: number, length: number): Feeds {
    if (shapes.size >= maxShapes) shapes.clear();
    const feeds: Record<string, Tensor> = {};
    for (const { name, wide } of inputs) {
      // Positions repeat with the length, so only they cannot share memory among shapes.
      const buffer = name === "position_ids" ? positions(rows, length, wide) : memory.get(name)!;
      const data = wide
        ? new BigInt64Array(buffer, 0, rows * length)
        : new Int32Array(buffer, 0, rows * length);
      feeds[name] = new Tensor(wide ? "int64" : "int32", data, [rows, length]);
    }
    for (const { name, type, heads, width } of pasts) {
      const none = type === "float32" ? new Float32Array(0) : new Uint16Array(0);
      feeds[name] = new Tensor(type, none, [rows, heads, 0, width]);
    }
    return feeds;
  }

  return (batch) => {
    const { rows, length, ids: batchIds } = batch;
    const slots = rows * length;
    if (slots > capacity) grow(slots);
    const key = rows * 65_536 + length;
    let feeds = shapes.get(key);
    if (feeds === undefined) {
      feeds = makeShape(rows, length);
      shapes.set(key, feeds);
    }
    writeMask(batch);
    // The upper halves stay zero: ids are never negative. Little-endian, as every platform of Node is.
    if (idsWide) for (let i = 0; i < slots; i++) ids[i * 2] = batchIds[i]!;
    else ids.set(batchIds.subarray(0, slots));
    return feeds;
  };
}

function positions(rows: number, length: number, wide: boolean): ArrayBuffer {
  const stride = wide ? 2 : 1;
  const values = new Int32Array(rows * length * stride);
  for (let i = 0; i < rows * length; i++) values[i * stride] = i % length;
  return values.buffer;
}

function toOutput(tensor: Tensor, name: string): OutputTensor {
  const { data, dims } = tensor;
  if (data instanceof Float32Array) return { data, shape: dims };
  if (tensor.type === "float16") {
    // Without a Float16Array (Node 22), the runtime hands over the bits.
    const numbers = data as ArrayLike<number>;
    const toFloat = data instanceof Uint16Array ? fromFloat16Bits : Number;
    return { data: Float32Array.from(numbers, (value) => toFloat(value)), shape: dims };
  }
  throw new ReembedError(
    "REEMBED_MODEL_UNSUPPORTED",
    `output "${name}" is of type ${tensor.type}; an embedding is float32 or float16`,
    { details: { output: name, type: tensor.type } },
  );
}
