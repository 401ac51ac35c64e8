/** What decides where a text lands: the description of an embedding space, as plain data. */

/** How token vectors become one text vector. `none`: the model's output is pooled already. */
export type Pooling = "mean" | "cls" | "max" | "last-token" | "none";

/** The arithmetic of the weights. `int8-dynamic` makes a vector depend on the call it is made in. */
export type Quantisation = "float32" | "float16" | "int8-dynamic" | "int8";

/**
 * What shares one inference call.
 * `alone`: one text a call. `any`: the vector does not depend on its neighbours, so grouping is
 * free and no part of the space. `equal-length`: texts of equal token count share a call although
 * the vectors depend on it.
 */
export type Grouping = "alone" | "any" | "equal-length";

/**
 * CPUs that add pairs of int8 products in 16 bits, where they saturate. Without a wider sum, vectors
 * there are further from the float model's (cosine 0.9928 instead of 0.9951), at the same speed.
 * CPUs with VNNI add in 32 bits; there, widening would only cost time.
 */
export const saturatingClasses: ReadonlySet<string> = new Set(["x64-avx2", "x64-avx512"]);

/**
 * The full description of an embedding space. Every field can move a vector; nothing else may.
 * Two spaces are the same exactly when the canonical JSON of their descriptions is.
 */
export interface SpaceDescription {
  /** Version of this description's own form. */
  readonly format: 1;
  /** The lane family that computes it. */
  readonly kind: "onnx" | "static" | "api";
  /** Human name of the model; part of the identity so that messages can name the difference. */
  readonly model: string;
  /**
   * sha256 (hex) over the sorted `path sha256` lines of every file of the package that decides a
   * vector; for an API model, the provider's model name stands in `model` and this is null.
   */
  readonly packageDigest: string | null;
  /** Vector length after any truncation of dimensions. */
  readonly dimensions: number;
  readonly pooling: Pooling;
  /** Whether vectors are scaled to unit L2 length. */
  readonly normalize: boolean;
  /** Put before every document, and before every query; empty where the model has none. */
  readonly documentPrompt: string;
  readonly queryPrompt: string;
  /** Tokens beyond this are cut, on this side; special tokens are counted. */
  readonly maxTokens: number;
  readonly truncation: "right" | "left";
  readonly quantisation: Quantisation;
  readonly grouping: Grouping;
  /** What runs the model: `onnxruntime`, `reembed-static`, or the provider's name. */
  readonly runtime: string;
  /**
   * The CPU's instruction class where it changes vectors beyond rounding (dynamic int8), else
   * `any`. For example `x64-avx2`, `x64-avx512vnni`, `arm64`; on another device, its name: `cuda`.
   */
  readonly instructionClass: string;
  /** What a provider is told that documents and queries are; absent where it is told nothing. */
  readonly documentTask?: string;
  readonly queryTask?: string;
  /** What becomes of texts beyond `maxTokens` in a hosted model; absent for models on disk, which cut. */
  readonly overLong?: "truncate" | "average" | "skip";
  /** What a server calls the model in its answers, where that is another name. */
  readonly servedModel?: string;
}

/** A space with its identity. `id` is the sha256 (hex) of the canonical JSON of the description. */
export interface Space {
  readonly id: string;
  readonly description: SpaceDescription;
}

/** JSON with sorted keys and no spaces: one text for one value, whatever the order of its keys. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
    return `{${entries.join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/** The fields in which two descriptions differ, as `field: a -> b`; empty where they agree. */
export function spaceDifferences(a: SpaceDescription, b: SpaceDescription): string[] {
  const fields = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof SpaceDescription>;
  return [...fields]
    .filter((field) => a[field] !== b[field])
    .toSorted()
    .map((field) => `${field}: ${JSON.stringify(a[field])} -> ${JSON.stringify(b[field])}`);
}
