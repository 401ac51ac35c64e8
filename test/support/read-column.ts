import { createHash } from "node:crypto";
import { connect } from "@lancedb/lancedb";

/** One version's column as plain LanceDB sees it: key -> vector, null where there is none. */
export async function readColumn(
  db: string,
  table: string,
  key: string,
  column: string,
): Promise<Map<string, Float32Array | null>> {
  const connection = await connect(db);
  const opened = await connection.openTable(table);
  const vectors = new Map<string, Float32Array | null>();
  for await (const batch of opened.query().select([key, column])) {
    const keys = batch.getChild(key);
    const values = batch.getChild(column);
    for (let row = 0; row < batch.numRows; row += 1) {
      const value = values?.get(row) as { toArray(): Float32Array } | null;
      vectors.set(String(keys?.get(row)), value === null ? null : Float32Array.from(value.toArray()));
    }
  }
  opened.close();
  connection.close();
  return vectors;
}

/**
 * A digest of one version's column, whatever the order of its rows: keys, vectors, and where there is
 * none. Two columns are equal if their digests are, at a fraction of what comparing the vectors costs.
 */
export async function digestColumn(db: string, table: string, key: string, column: string): Promise<string> {
  const vectors = await readColumn(db, table, key, column);
  const digest = createHash("sha256");
  for (const name of [...vectors.keys()].toSorted()) {
    const vector = vectors.get(name) ?? null;
    digest.update(`${name}\n${vector === null ? "none" : vector.length}\n`);
    if (vector !== null) digest.update(new Uint8Array(vector.buffer));
  }
  return digest.digest("hex");
}
