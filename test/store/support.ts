import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { connect, type Table } from "@lancedb/lancedb";
import type { DataType, RecordBatch, Schema } from "apache-arrow";
import { arrow } from "../../src/arrow.ts";
import { packKeys, unpackKeys } from "../../src/core/key-column.ts";
import { unpackTexts } from "../../src/core/utf8-texts.ts";
import type { PatchRows, TextRows, SourceBatch, Store, StoredTable } from "../../src/core/ports.ts";
import { sourceHash } from "../../src/core/source-hash.ts";
import type { Space } from "../../src/core/space.ts";
import type { VersionRecord } from "../../src/core/version.ts";
import type { CorpusColumns, Key } from "../../src/core/words.ts";
import { makeSpace } from "../../src/space/space-id.ts";
import { openStore } from "../../src/store/open-store.ts";

export const corpus: CorpusColumns = { key: "id", text: ["text"] };

/** A database in a folder of its own, with small fragments, removed after the test. */
export async function tempStore(
  test: TestContext,
  fragmentRows = 100,
): Promise<{ store: Store; uri: string; lance: (table: string) => Promise<Table> }> {
  const uri = await mkdtemp(join(tmpdir(), "reembed-store-"));
  const store = await openStore(uri, { fragment: { rows: fragmentRows, bytes: 1 << 26 } });
  test.after(async () => {
    await store.close();
    await rm(uri, { recursive: true, force: true });
  });
  // A connection of its own: what another program does behind the store's back.
  return { store, uri, lance: async (table) => (await connect(uri)).openTable(table) };
}

/** A space of so many dimensions; `seed` tells spaces apart. */
export function testSpace(dimensions: number, seed = "a"): Space {
  return makeSpace({
    format: 1,
    kind: "static",
    model: `test-${seed}`,
    packageDigest: seed.repeat(64).slice(0, 64),
    dimensions,
    pooling: "mean",
    normalize: true,
    documentPrompt: "",
    queryPrompt: "",
    maxTokens: 512,
    truncation: "right",
    quantisation: "float32",
    grouping: "any",
    runtime: "test",
    instructionClass: "any",
  });
}

/** One batch with these columns; types are inferred unless given. */
export function batchOf(
  columns: Readonly<Record<string, readonly unknown[]>>,
  types: Readonly<Record<string, DataType>> = {},
): RecordBatch {
  const vectors = Object.entries(columns).map(([name, values]) => {
    const type = types[name] ?? (typeof values[0] === "bigint" ? new arrow.Int64() : new arrow.Utf8());
    return [name, arrow.vectorFromArray(values as never, type as never)] as const;
  });
  const fields = vectors.map(([name, vector]) => new arrow.Field(name, vector.type, true));
  const data = arrow.makeData({
    type: new arrow.Struct(fields),
    length: vectors[0]?.[1].length ?? 0,
    nullCount: 0,
    children: vectors.map(([, vector]) => vector.data[0]!),
  });
  return new arrow.RecordBatch(new arrow.Schema(fields), data);
}

export function sourceBatch(batch: RecordBatch): SourceBatch {
  return { batch, file: "test", firstRow: 1, bytesRead: 0 };
}

/** Rows `from` to `to` of a corpus with bigint keys. */
export function numberedRows(from: number, to: number): RecordBatch {
  const numbers = Array.from({ length: to - from }, (_, index) => from + index);
  return batchOf({ id: numbers.map(BigInt), text: numbers.map((number) => `text of row ${number}`) });
}

export interface ImportTestOptions {
  readonly mode?: "create" | "append";
  readonly corpus?: CorpusColumns;
}

/** Imports batches as a table. */
export async function importBatches(
  store: Store,
  table: string,
  batches: readonly RecordBatch[],
  options: ImportTestOptions = {},
): Promise<{ rows: number; bytes: number }> {
  const importer = await store.importer({
    table,
    corpus: options.corpus ?? corpus,
    schema: batches[0]?.schema as Schema,
    mode: options.mode ?? "create",
  });
  try {
    for (const batch of batches) await importer.write(sourceBatch(batch));
    return await importer.commit();
  } catch (error) {
    await importer.abort();
    throw error;
  }
}

/** A table of numbered rows. */
export async function numberedTable(store: Store, rows: number, name = "t"): Promise<StoredTable> {
  await importBatches(store, name, [numberedRows(0, rows)]);
  return store.openTable(name);
}

/** The vector that stands for a text in tests: unit length, different for every text. */
export function testVector(text: string, dimensions: number): Float32Array {
  let state = Number(BigInt.asUintN(32, sourceHash(text)));
  const vector = new Float32Array(dimensions);
  for (let index = 0; index < dimensions; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    vector[index] = state / 2 ** 32 - 0.5;
  }
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** A patch of these rows; empty texts get no vector. */
export function patchOf(version: VersionRecord, keys: readonly Key[], texts: readonly string[]): PatchRows {
  const { dimensions } = version.space;
  const vectors = new Float32Array(keys.length * dimensions);
  for (const [row, text] of texts.entries()) {
    if (text !== "") vectors.set(testVector(`${version.name} ${text}`, dimensions), row * dimensions);
  }
  return {
    keys: packKeys(keys),
    vectors,
    hasVector: Uint8Array.from(texts, (text) => (text === "" ? 0 : 1)),
    sourceHashes: BigInt64Array.from(texts, (text) => sourceHash(text)),
    embeddedAtMs: Date.UTC(2026, 0, 2),
  };
}

/** Keys and texts of rows as values. */
export function valuesOf({ keys, texts }: TextRows): { keys: Key[]; texts: string[] } {
  return { keys: unpackKeys(keys), texts: unpackTexts(texts) };
}

/** Reads one fragment's rows and fills the version's columns for them. */
export async function fillFragment(table: StoredTable, version: VersionRecord, id: number): Promise<number> {
  const keys: Key[] = [];
  const texts: string[] = [];
  for await (const rows of table.readTexts(version, [id], { batchRows: 1000 })) {
    keys.push(...unpackKeys(rows.keys));
    texts.push(...unpackTexts(rows.texts));
  }
  return (await table.patch(version, patchOf(version, keys, texts))).updated;
}

/** Fills everything that a version has still to handle, fragment by fragment. */
export async function fill(table: StoredTable, version: VersionRecord): Promise<number> {
  let rows = 0;
  for (const fragment of await table.fragments(version)) {
    rows += await fillFragment(table, version, fragment.id);
  }
  return rows;
}

/** A new version of so many dimensions. */
export function addVersion(table: StoredTable, name: string, dimensions = 8): Promise<VersionRecord> {
  return table.createVersion({
    name,
    reference: `local:${name}`,
    space: testSpace(dimensions, name.slice(-1)),
  });
}

/** All vectors of a version by key, as text, for comparing bytes. */
export async function vectorsByKey(table: StoredTable, version: VersionRecord): Promise<Map<Key, string>> {
  const found = new Map<Key, string>();
  for await (const { keys, vectors } of table.readVectors(version, 1000)) {
    const { dimensions } = version.space;
    for (const [row, key] of keys.entries()) {
      const vector = vectors.slice(row * dimensions, (row + 1) * dimensions);
      found.set(key, Buffer.from(vector.buffer).toString("hex"));
    }
  }
  return found;
}

/** Rows inside and outside a version's vector index. */
export async function coverage(table: StoredTable, version: VersionRecord): Promise<string> {
  const index = await table.vectorIndex(version);
  return index === null ? "none" : `${index.indexedRows}/${index.unindexedRows}`;
}

/** An assertion for `assert.rejects`: the code of our error, and words of its message. */
export function code(expected: string, words?: RegExp): (error: unknown) => boolean {
  return (error) => {
    const found = error as { code?: string; message?: string };
    if (found.code !== expected) throw new Error(`expected ${expected}, got ${found.code}: ${found.message}`);
    if (words !== undefined && !words.test(found.message ?? "")) {
      throw new Error(`${found.message} does not match ${words}`);
    }
    return true;
  };
}
