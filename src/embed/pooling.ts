import type { Pooling } from "../core/space.ts";

/** Token vectors of one text, as they lie in a model's output. No row is padding. */
export interface TokenVectors {
  readonly data: Float32Array;
  /** Where the text's first token vector starts. */
  readonly start: number;
  readonly tokens: number;
  /** Length of a token vector. */
  readonly width: number;
}

/** Writes the first `into.length` dimensions of a text's pooled vector. */
export type Pool = (from: TokenVectors, into: Float32Array) => void;

/** How each pooling reads token vectors. `none` reads an output with one vector a text. */
export const pools: Readonly<Record<Pooling, Pool>> = {
  mean({ data, start, tokens, width }, into) {
    const dimensions = into.length;
    into.fill(0);
    for (let token = 0; token < tokens; token++) {
      const at = start + token * width;
      for (let i = 0; i < dimensions; i++) into[i]! += data[at + i]!;
    }
    for (let i = 0; i < dimensions; i++) into[i]! /= tokens;
  },
  max({ data, start, tokens, width }, into) {
    const dimensions = into.length;
    into.fill(-Infinity);
    for (let token = 0; token < tokens; token++) {
      const at = start + token * width;
      for (let i = 0; i < dimensions; i++) into[i] = Math.max(into[i]!, data[at + i]!);
    }
  },
  cls({ data, start }, into) {
    into.set(data.subarray(start, start + into.length));
  },
  "last-token"({ data, start, tokens, width }, into) {
    const at = start + (tokens - 1) * width;
    into.set(data.subarray(at, at + into.length));
  },
  none({ data, start }, into) {
    into.set(data.subarray(start, start + into.length));
  },
};
