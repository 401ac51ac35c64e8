/** Writes the smallest ONNX files that tests need: a table that token ids are looked up in, and little else. */

/** One protobuf field, encoded. Source: protobuf.dev, "Encoding" */
const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  let left = value;
  do {
    const low = left % 128;
    left = Math.floor(left / 128);
    bytes.push(left > 0 ? low + 128 : low);
  } while (left > 0);
  return Buffer.from(bytes);
};
const integer = (field: number, value: number): Buffer => Buffer.concat([varint(field * 8), varint(value)]);
const message = (field: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
};
const text = (field: number, value: string): Buffer => message(field, Buffer.from(value));

const onnxTypes = { float: 1, int8: 3, int32: 6, int64: 7, float16: 10 } as const;
type OnnxType = keyof typeof onnxTypes;

interface OnnxInput {
  readonly name: string;
  readonly type: OnnxType;
  /** @default batch and sequence */
  readonly axes?: readonly (string | number)[];
}

export interface OnnxSpec {
  /** Rows of the table; row `r`, column `c` holds `r + c / 10`. */
  readonly rows: number;
  readonly width: number;
  readonly inputs?: readonly OnnxInput[];
  readonly output?: string;
  /** Adds up to `output`: the named input, cast and spread over the last axis. */
  readonly addPositions?: boolean;
  /** An operator that is in the graph, of no effect on the output. */
  readonly operator?: string;
  /** Mean over the tokens, inside the graph. */
  readonly pooled?: boolean;
  readonly weightsFile?: string;
}

const valueInfo = (field: number, name: string, type: OnnxType, axes: readonly (string | number)[]): Buffer =>
  message(
    field,
    text(1, name),
    message(
      2,
      message(
        1,
        integer(1, onnxTypes[type]),
        message(
          2,
          ...axes.map((axis) => message(1, typeof axis === "number" ? integer(1, axis) : text(2, axis))),
        ),
      ),
    ),
  );

const node = (operator: string, inputs: readonly string[], output: string, ...attributes: Buffer[]): Buffer =>
  message(1, ...inputs.map((name) => text(1, name)), text(2, output), text(4, operator), ...attributes);

const integerAttribute = (name: string, value: number): Buffer =>
  message(5, text(1, name), integer(3, value), integer(20, 2));
const integersAttribute = (name: string, value: number): Buffer =>
  message(5, text(1, name), integer(8, value), integer(20, 7));

/** An ONNX model, as the bytes of its file. */
export function buildOnnx(spec: OnnxSpec): Buffer {
  const { rows, width, inputs = [{ name: "input_ids", type: "int64" }], output = "last_hidden_state" } = spec;
  const table = new Float32Array(rows * width);
  for (let i = 0; i < table.length; i++) table[i] = Math.floor(i / width) + (i % width) / 10;
  const looked = spec.addPositions === true || spec.pooled === true ? "looked_up" : output;
  const nodes = [node("Gather", ["table", "input_ids"], looked, integerAttribute("axis", 0))];
  if (spec.addPositions === true) {
    nodes.push(
      node("Cast", ["position_ids"], "positions", integerAttribute("to", onnxTypes.float)),
      node("Unsqueeze", ["positions", "last_axis"], "columns"),
      node("Add", [looked, "columns"], output),
    );
  }
  if (spec.pooled === true) {
    nodes.push(
      node("ReduceMean", [looked], output, integersAttribute("axes", 1), integerAttribute("keepdims", 0)),
    );
  }
  if (spec.operator !== undefined) nodes.push(node(spec.operator, ["table"], "unused"));
  const external = spec.weightsFile;
  const weights =
    external === undefined
      ? [message(9, Buffer.from(table.buffer))]
      : [message(13, text(1, "location"), text(2, external)), integer(14, 1)];
  const axes = spec.pooled === true ? ["batch", width] : ["batch", "sequence", width];
  const lastAxis = Buffer.alloc(8);
  lastAxis.writeBigInt64LE(-1n);
  const graph = message(
    7,
    ...nodes,
    text(2, "graph"),
    message(
      5,
      integer(1, rows),
      integer(1, width),
      integer(2, onnxTypes.float),
      text(8, "table"),
      ...weights,
    ),
    message(5, integer(1, 1), integer(2, onnxTypes.int64), text(8, "last_axis"), message(9, lastAxis)),
    ...inputs.map(({ name, type, axes: own = ["batch", "sequence"] }) => valueInfo(11, name, type, own)),
    valueInfo(12, output, "float", axes),
  );
  return Buffer.concat([integer(1, 8), graph, message(8, text(1, ""), integer(2, 17))]);
}
