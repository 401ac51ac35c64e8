/** Requests and results of the verbs on model packages, and the port that they work through. */
import type { ParentClaim } from "./lineage.ts";
import type { CanaryVerdict } from "./compare-canary.ts";
import type { Space } from "./space.ts";

/** One file of a package. */
export interface ModelFile {
  /** Relative to the package's folder, with forward slashes. */
  readonly path: string;
  /** Hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/** A package as its own files describe it. */
export interface PackageReport {
  /** As it was written. */
  readonly reference: string;
  /** Human name of the model. */
  readonly model: string;
  readonly folder: string;
  /** Files that decide a vector, by path. */
  readonly files: readonly ModelFile[];
  readonly space: Space;
  /** The file that holds the weights, and what it takes and gives. */
  readonly weights: {
    readonly file: string;
    readonly inputs: readonly TensorReport[];
    readonly outputs: readonly TensorReport[];
  };
  /** What had to be assumed. */
  readonly warnings: readonly string[];
  /** Of the files, those that nothing pins yet. */
  readonly unpinned: readonly string[];
  /** What holds the digests: the lock file, or the manifest of a package that ships. */
  readonly pinnedIn: string;
}

/** A tensor of a model file; axes without a fixed size are null, and so is a shape that is not told. */
export interface TensorReport {
  readonly name: string;
  readonly shape: readonly (number | null)[] | null;
}

export interface ModelRequest {
  readonly reference: string;
}

export interface PullModelRequest extends ModelRequest {
  /** What the model was made from, to be kept in the lock file. */
  readonly parent?: ParentClaim | undefined;
}

export interface PulledFiles {
  /** Bytes that came over the network; 0 where the cache had everything. */
  readonly downloadedBytes: number;
}

export interface ModelPullResult extends PulledFiles {
  readonly action: "pull";
  readonly reference: string;
  readonly folder: string;
  readonly spaceId: string;
  readonly files: readonly ModelFile[];
  readonly pinnedIn: string;
  readonly seconds: number;
}

export interface CanarySummary {
  /** ISO 8601, UTC. */
  readonly pinnedAt: string;
  /** The CPU's instruction class that the vectors were pinned on; `any` where it plays no part. */
  readonly pinnedOn: string;
  readonly noiseFloor: number;
}

export interface ModelInspectResult extends Omit<PackageReport, "space"> {
  readonly action: "inspect";
  readonly spaceId: string;
  readonly space: Space["description"];
  readonly bytes: number;
  /** Null where no vectors of this space are pinned yet. */
  readonly canary: CanarySummary | null;
}

export interface ModelVerifyResult {
  readonly action: "verify";
  readonly reference: string;
  readonly spaceId: string;
  readonly files: readonly ModelFile[];
  readonly pinnedIn: string;
  /** How the vectors lie to the pinned ones; null where none are pinned yet. */
  readonly canary: (CanarySummary & CanaryFigures) | null;
}

export interface CanaryFigures {
  readonly verdict: CanaryVerdict;
  /** The text that lies farthest off, and its cosine. */
  readonly text: string;
  readonly cosine: number;
  readonly tolerance: number;
}

/** A package that the lock file or the program itself knows. */
export interface ListedPackage {
  /** Without options. */
  readonly reference: string;
  readonly files: readonly ModelFile[];
  readonly bytes: number;
  /** Whether all of its files are on this machine, with the sizes that are pinned. */
  readonly present: boolean;
  /** Spaces of it whose vectors are pinned. */
  readonly spaceIds: readonly string[];
}

export interface ModelListResult {
  readonly action: "list";
  readonly lockFile: string;
  readonly packages: readonly ListedPackage[];
}

export interface PullOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (progress: { readonly bytes: number; readonly totalBytes: number }) => void;
}

/** Model packages on this machine, and where they come from. */
export interface ModelPackages {
  /**
   * Makes sure that a package is here, and pins its files.
   * @throws REEMBED_CONFIG_UNPINNED, with the commit to write where the hub knows it; REEMBED_HUB_*,
   * REEMBED_MODEL_*
   */
  pull(written: string, options: PullOptions): Promise<PulledFiles>;
  /** Keeps in the lock file what a pinned package was made from. @throws REEMBED_CONFIG_*, REEMBED_CORPUS_UNREADABLE */
  nameParent(written: string, parent: ParentClaim): Promise<void>;
  /** What a package's files say, whether it is pinned or not. @throws REEMBED_MODEL_* */
  describe(written: string): Promise<PackageReport>;
  /**
   * The digests of all files of a package that something pins, compared.
   * @throws REEMBED_MODEL_LOCK_MISMATCH, REEMBED_MODEL_FILE_DAMAGED, REEMBED_MODEL_FILE_MISSING
   */
  verifyFiles(written: string): Promise<readonly ModelFile[]>;
  list(): Promise<Omit<ModelListResult, "action">>;
}
