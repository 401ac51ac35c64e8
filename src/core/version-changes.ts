/** What changes a table's registry: a new version, and moves of those that are there. */
import type { CanaryRecord } from "./canary.ts";
import type { Space } from "./space.ts";
import type { VectorType } from "./vector-type.ts";
import type { VersionState } from "./version.ts";

export interface NewVersion {
  readonly name: string;
  readonly reference: string;
  readonly space: Space;
  /** @default "float32" */
  readonly vectorType?: VectorType | undefined;
  /** The model that this one was made from, where it is known. */
  readonly baseModel?: string | null | undefined;
  /** Vectors of the fixed texts, that the version is checked against from now on. */
  readonly canary?: CanaryRecord | null | undefined;
  /** Why it is made, for its history. */
  readonly why?: string | undefined;
}

/** A change of the registry in a table's own metadata: all in one commit, or none. */
export interface VersionChange {
  readonly name: string;
  readonly from: VersionState;
  readonly to: VersionState;
  readonly dueAt?: string | null;
  readonly why?: string | undefined;
}
