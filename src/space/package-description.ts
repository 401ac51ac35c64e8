import type { TensorReport } from "../core/model-packages.ts";
import type { SpaceDescription } from "../core/space.ts";

/** What the files of a package say, before the reference's options and the digests are added. */
export interface PackageDescription extends Pick<
  SpaceDescription,
  | "dimensions"
  | "pooling"
  | "normalize"
  | "documentPrompt"
  | "queryPrompt"
  | "maxTokens"
  | "truncation"
  | "quantisation"
  | "grouping"
  | "runtime"
> {
  readonly kind: "onnx" | "static";
  readonly weightsFile: string;
  /** Tokens that the model has positions for; infinite where there is no limit. */
  readonly positions: number;
  /** Files that decide a vector, relative to the folder; some of them may be absent. */
  readonly files: readonly string[];
  /** Whether vectors differ between kinds of CPU by more than rounding. */
  readonly cpuBound: boolean;
  /** What the weights' file takes and gives; of a static model, its tables. */
  readonly inputs: readonly TensorReport[];
  readonly outputs: readonly TensorReport[];
  /** What had to be assumed. */
  readonly warnings: readonly string[];
}
