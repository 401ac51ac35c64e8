/** A pinned reference to what makes vectors, parsed. Parsing and refusing is config's work. */
import type { Pooling } from "./space.ts";

/** Overrides written after `?`; each becomes part of the space. */
export interface ReferenceOptions {
  /** Which ONNX file of a package, relative to its folder. */
  readonly onnxFile?: string;
  /** Matryoshka truncation: the first so many dimensions, renormalised. */
  readonly dimensions?: number;
  readonly maxTokens?: number;
  readonly pooling?: Pooling;
  readonly normalize?: boolean;
  /** Put before every document. */
  readonly prompt?: string;
  readonly queryPrompt?: string;
  readonly truncation?: "right" | "left";
  readonly grouping?: "alone" | "equal-length";
}

export type ModelReference =
  | {
      readonly kind: "bundled";
      readonly name: string;
      readonly written: string;
      readonly options: ReferenceOptions;
    }
  | {
      readonly kind: "local";
      readonly path: string;
      readonly written: string;
      readonly options: ReferenceOptions;
    }
  | {
      readonly kind: "hf";
      readonly owner: string;
      readonly name: string;
      /** Full commit hash: 40 hex digits. */
      readonly revision: string;
      readonly written: string;
      readonly options: ReferenceOptions;
    };
