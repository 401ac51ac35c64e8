import { Index, type Table } from "@lancedb/lancedb";
import { ReembedError } from "../core/errors.ts";
import type { IndexType, VectorIndex } from "../core/ports.ts";
import type { VersionRecord } from "../core/version.ts";
import { quoteColumn } from "./column-name.ts";
import { isOn } from "./key-index.ts";
import { retryConflict } from "./retry-conflict.ts";
import type { TableHandle } from "./table-handle.ts";
import {
  autoIndexType,
  type BuiltIndexType,
  hnswBuild,
  indexTypeName,
  partitionsFor,
  smallestPqVectors,
  subVectorsFor,
  training,
} from "./vector-index-policy.ts";

/** The version's vector index as LanceDB reports it; null where there is none. */
export async function readVectorIndex(table: Table, version: VersionRecord): Promise<VectorIndex | null> {
  const index = (await table.listIndices()).find((candidate) => isOn(candidate, version.column));
  if (index === undefined) return null;
  return {
    name: index.name,
    type: indexTypeName(index.indexType),
    indexedRows: index.numIndexedRows ?? 0,
    unindexedRows: index.numUnindexedRows ?? 0,
  };
}

/** Builds at most, while other writers append: each covers what stood when it began. */
const builds = 3;

/**
 * Builds a version's vector index, or builds it anew where rows have left it, another type is asked for,
 * or it compares by another measure than cosine. `none` drops it. Rows appended while the last build ran are reported, not waited for.
 * @throws REEMBED_STORE_WRITE_FAILED, REEMBED_STORE_STATE where there are too few vectors
 */
export async function buildVectorIndex(
  handle: TableHandle,
  version: VersionRecord,
  type: IndexType | "auto",
): Promise<VectorIndex | null> {
  for (let build = 1; ; build += 1) {
    const table = await handle.open();
    const vectors = await table.countRows(`${quoteColumn(version.embeddedAtColumn)} IS NOT NULL`);
    const before = await readVectorIndex(table, version);
    const wanted = type === "auto" ? autoIndexType(vectors) : type;
    if (wanted === "none") {
      if (before !== null) await dropIndex(handle, before.name);
      return null;
    }
    checkEnough(version, wanted, vectors);
    const fits = before?.type === wanted && (await comparesByCosine(table, before.name));
    if (fits && (before.unindexedRows === 0 || build > builds)) return before;
    await retryConflict(
      `the ${wanted} index of version ${version.name} in table ${handle.name} cannot be built`,
      "REEMBED_STORE_WRITE_FAILED",
      async () => {
        const latest = await handle.open();
        const options = {
          config: indexConfig(wanted, vectors, version.space.dimensions),
          name: `${version.column}_idx`,
          replace: true,
        };
        await handle.commits.run(latest, () => latest.createIndex(version.column, options));
      },
    );
  }
}

/** An index that another program built by another measure is passed by in every search here. */
async function comparesByCosine(table: Table, index: string): Promise<boolean> {
  return (await table.indexStats(index))?.distanceType === "cosine";
}

function indexConfig(type: BuiltIndexType, vectors: number, dimensions: number): Index {
  const common = { distanceType: "cosine", ...training } as const;
  const numPartitions = partitionsFor(vectors);
  switch (type) {
    case "ivf_flat":
      return Index.ivfFlat({ ...common, numPartitions });
    case "ivf_pq":
      return Index.ivfPq({ ...common, numPartitions, numSubVectors: subVectorsFor(dimensions) });
    case "hnsw_sq":
      return Index.hnswSq({ ...common, ...hnswBuild, numPartitions: 1 });
  }
}

function checkEnough(version: VersionRecord, type: IndexType, vectors: number): void {
  const needed = type === "ivf_pq" ? smallestPqVectors : 1;
  if (vectors >= needed) return;
  throw new ReembedError(
    "REEMBED_STORE_STATE",
    `version ${version.name} has ${vectors} vectors, and an ${type} index needs ${needed}; run the backfill first, or use --type none`,
    { details: { version: version.name, vectors, needed } },
  );
}

async function dropIndex(handle: TableHandle, name: string): Promise<void> {
  await retryConflict(
    `index ${name} of table ${handle.name} cannot be dropped`,
    "REEMBED_STORE_WRITE_FAILED",
    async () => {
      const table = await handle.open();
      const names = (await table.listIndices()).map((index) => index.name);
      if (names.includes(name)) await table.dropIndex(name);
    },
  );
}
