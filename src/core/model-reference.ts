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

/** Providers of hosted models, as a reference names them. */
export const providerNames = [
  "openai",
  "openai-compatible",
  "azure",
  "google",
  "cohere",
  "voyage",
  "mistral",
  "bedrock",
  "ollama",
] as const;

export type ProviderName = (typeof providerNames)[number];

/** What becomes of a text with more tokens than the model takes. */
export type OverLong = "truncate" | "average" | "skip";

/** Options of a hosted model, written after `?`. Those that move a vector become part of the space. */
export interface HostedOptions {
  /** Length of the vectors; what it means to ask for fewer is the provider's. */
  readonly dimensions?: number;
  /** Tokens of one text at most. */
  readonly maxTokens?: number;
  /** Scale the provider's vectors to unit length. */
  readonly normalize?: boolean;
  /** Put before every document, and before every query. */
  readonly prompt?: string;
  readonly queryPrompt?: string;
  /** What the provider is told that a text is: `input_type`, `taskType`. */
  readonly documentTask?: string;
  readonly queryTask?: string;
  readonly overLong?: OverLong;
  /** The name that the server gives the model in its answers, where it is another one. */
  readonly servedModel?: string;
  /** Digest of an Ollama model: 64 hex digits, of which at least 12 are written. */
  readonly digest?: string;
  /** A name without versions is meant: its weights may change. */
  readonly acceptMutable?: boolean;
  /** Where the provider is; no part of the space. */
  readonly baseUrl?: string;
  /** The deployment of an Azure model; no part of the space. */
  readonly deployment?: string;
  readonly apiVersion?: string;
  /** Region of Amazon Bedrock; no part of the space. */
  readonly region?: string;
}

/** A model that a provider computes. */
export interface HostedReference {
  readonly kind: "hosted";
  readonly provider: ProviderName;
  readonly model: string;
  /** Whether the name may mean other weights tomorrow, which was accepted. */
  readonly mutable: boolean;
  readonly written: string;
  readonly options: HostedOptions;
}
