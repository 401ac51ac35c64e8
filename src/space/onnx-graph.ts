import { modelFileError } from "./model-error.ts";
import { type ByteFile, openByteFile, protobufFields } from "./protobuf.ts";

/** What an ONNX file says of itself, read without loading its weights. */
export interface OnnxGraph {
  /** Operators in use, in subgraphs and functions too. */
  readonly operators: ReadonlySet<string>;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Rows of the table that token ids are looked up in; null where the graph hides it. */
  readonly vocabularyRows: number | null;
  /** Data types of the large weights. */
  readonly weightTypes: ReadonlySet<number>;
  /** Files beside this one that hold weights, relative to its folder. */
  readonly externalFiles: readonly string[];
}

export interface OnnxValue {
  readonly name: string;
  /** Null for an axis whose size is open; the whole is null where the file says nothing. */
  readonly shape: readonly (number | null)[] | null;
}

/** `TensorProto.DataType`. Source: onnx.proto3 */
export const onnxFloat = 1;
export const onnxFloat16 = 10;

/** Weights with fewer elements (biases, scales) say nothing of a model's precision. */
const largeElements = 4096;

/** Field numbers. Source: github.com/onnx/onnx, onnx/onnx.proto3 */
const model = { graph: 7, functions: 25 } as const;
const graphField = { node: 1, initializer: 5, input: 11, output: 12 } as const;
const node = { input: 1, opType: 4, attribute: 5 } as const;
const attribute = { graph: 6, graphs: 11 } as const;
const functionField = { node: 7 } as const;
const tensor = { dims: 1, dataType: 2, name: 8, externalData: 13 } as const;
const entry = { key: 1, value: 2 } as const;
const valueInfo = { name: 1, type: 2 } as const;
const typeField = { tensor: 1 } as const;
const tensorType = { shape: 2 } as const;
const shapeField = { dimension: 1 } as const;
const dimension = { value: 1 } as const;

interface Initializer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dataType: number;
  readonly externalFile: string | null;
}

/** Reads the graph of an ONNX file. @throws REEMBED_MODEL_FILE_DAMAGED */
export function readOnnxGraph(path: string): OnnxGraph {
  const file = openByteFile(path);
  try {
    const graph = readModel(file);
    if (graph.outputs.length === 0) throw new RangeError("it has no graph with outputs");
    return graph;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw modelFileError(
      "REEMBED_MODEL_FILE_DAMAGED",
      path,
      `no ONNX model (${error.message})`,
      "fetch the package again",
      error,
    );
  } finally {
    file.close();
  }
}

function readModel(file: ByteFile): OnnxGraph {
  const operators = new Set<string>();
  const lookups: string[] = [];
  const initializers = new Map<string, Initializer>();
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];

  function readNode(start: number, end: number): void {
    const names: string[] = [];
    let operator = "";
    for (const field of protobufFields(file, start, end)) {
      if (field.number === node.input) names.push(file.textAt(field.start, field.end - field.start));
      else if (field.number === node.opType) operator = file.textAt(field.start, field.end - field.start);
      else if (field.number === node.attribute) readAttribute(field.start, field.end);
    }
    operators.add(operator);
    const [table, indices] = names;
    if (operator.startsWith("Gather") && indices === "input_ids" && table !== undefined) lookups.push(table);
  }

  function readAttribute(start: number, end: number): void {
    for (const field of protobufFields(file, start, end)) {
      if (field.number === attribute.graph || field.number === attribute.graphs) {
        readSubgraph(field.start, field.end);
      }
    }
  }

  function readSubgraph(start: number, end: number): void {
    for (const field of protobufFields(file, start, end)) {
      if (field.number === graphField.node) readNode(field.start, field.end);
    }
  }

  function readGraph(start: number, end: number): void {
    for (const field of protobufFields(file, start, end)) {
      if (field.number === graphField.node) readNode(field.start, field.end);
      else if (field.number === graphField.input) inputs.push(readValue(file, field.start, field.end));
      else if (field.number === graphField.output) outputs.push(readValue(file, field.start, field.end));
      else if (field.number === graphField.initializer) {
        const initializer = readInitializer(file, field.start, field.end);
        initializers.set(initializer.name, initializer);
      }
    }
  }

  for (const field of protobufFields(file, 0, file.bytes)) {
    if (field.number === model.graph) readGraph(field.start, field.end);
    else if (field.number === model.functions) {
      for (const part of protobufFields(file, field.start, field.end)) {
        if (part.number === functionField.node) readNode(part.start, part.end);
      }
    }
  }

  const weights = [...initializers.values()];
  const large = weights.filter(({ shape }) => shape.reduce((a, b) => a * b, 1) >= largeElements);
  return {
    operators,
    // Older exporters list weights among the inputs.
    inputs: inputs.filter(({ name }) => !initializers.has(name)),
    outputs,
    vocabularyRows:
      lookups.map((name) => initializers.get(name)?.shape[0]).find((rows) => rows !== undefined) ?? null,
    weightTypes: new Set(large.map(({ dataType }) => dataType)),
    externalFiles: [
      ...new Set(weights.map(({ externalFile }) => externalFile).filter((name) => name !== null)),
    ],
  };
}

function readInitializer(file: ByteFile, start: number, end: number): Initializer {
  const shape: number[] = [];
  let name = "";
  let dataType = 0;
  let externalFile: string | null = null;
  for (const field of protobufFields(file, start, end)) {
    if (field.number === tensor.dims) {
      // Packed or one by one: both are allowed.
      if (field.end > field.start) shape.push(...packedVarints(file, field.start, field.end));
      else shape.push(field.value);
    } else if (field.number === tensor.dataType) dataType = field.value;
    else if (field.number === tensor.name) name = file.textAt(field.start, field.end - field.start);
    else if (field.number === tensor.externalData) {
      externalFile = readLocation(file, field.start, field.end) ?? externalFile;
    }
  }
  return { name, shape, dataType, externalFile };
}

function* packedVarints(file: ByteFile, start: number, end: number): Generator<number, void> {
  let value = 0;
  let factor = 1;
  for (let position = start; position < end; position++) {
    const byte = file.byteAt(position);
    value += (byte & 0x7f) * factor;
    factor *= 128;
    if (byte >= 0x80) continue;
    yield value;
    value = 0;
    factor = 1;
  }
}

function readLocation(file: ByteFile, start: number, end: number): string | null {
  let key = "";
  let value = "";
  for (const field of protobufFields(file, start, end)) {
    const text = file.textAt(field.start, field.end - field.start);
    if (field.number === entry.key) key = text;
    else if (field.number === entry.value) value = text;
  }
  return key === "location" ? value : null;
}

function readValue(file: ByteFile, start: number, end: number): OnnxValue {
  let name = "";
  let shape: (number | null)[] | null = null;
  for (const field of protobufFields(file, start, end)) {
    if (field.number === valueInfo.name) name = file.textAt(field.start, field.end - field.start);
    if (field.number !== valueInfo.type) continue;
    for (const type of protobufFields(file, field.start, field.end)) {
      if (type.number !== typeField.tensor) continue;
      for (const part of protobufFields(file, type.start, type.end)) {
        if (part.number === tensorType.shape) shape = readShape(file, part.start, part.end);
      }
    }
  }
  return { name, shape };
}

function readShape(file: ByteFile, start: number, end: number): (number | null)[] {
  const shape: (number | null)[] = [];
  for (const axis of protobufFields(file, start, end)) {
    if (axis.number !== shapeField.dimension) continue;
    let size: number | null = null;
    for (const field of protobufFields(file, axis.start, axis.end)) {
      if (field.number === dimension.value) size = field.value;
    }
    shape.push(size);
  }
  return shape;
}
