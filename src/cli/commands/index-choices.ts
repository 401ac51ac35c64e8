import type { IndexType } from "../../core/ports.ts";

/** Kinds of vector index that a flag takes. */
export const indexChoices = ["auto", "ivf_pq", "ivf_flat", "hnsw_sq", "none"] as const satisfies readonly (
  | IndexType
  | "auto"
)[];
