import type { Table } from "@lancedb/lancedb";
import type { Schema } from "apache-arrow";
import { ReembedError } from "../core/errors.ts";
import type { VersionRecord } from "../core/version.ts";
import type { CorpusColumns } from "../core/words.ts";
import { type Registry, readRegistry } from "./registry.ts";

/** A table's schema as apache-arrow's own type; LanceDB names the same class through its re-export. */
export async function schemaOf(table: Table): Promise<Schema> {
  return await table.schema();
}

/** The registry as one handle sees it. @throws REEMBED_STORE_METADATA */
export async function registryOf(table: Table): Promise<Registry> {
  return readRegistry(await schemaOf(table));
}

/** The corpus columns. @throws REEMBED_STORE_TABLE_FOREIGN for a table that has none named */
export function requireCorpus(name: string, registry: Registry): CorpusColumns {
  if (registry.corpus !== null) return registry.corpus;
  throw new ReembedError(
    "REEMBED_STORE_TABLE_FOREIGN",
    `table ${name} was not made by reembed, so its key and text columns are unknown; name them with --key and --text`,
    { details: { table: name } },
  );
}

/** A version's record by name. @throws REEMBED_STORE_VERSION_MISSING */
export function requireVersion(table: string, registry: Registry, name: string): VersionRecord {
  const record = registry.versions.find((candidate) => candidate.name === name);
  if (record !== undefined) return record;
  const names = registry.versions.map((candidate) => candidate.name).join(", ");
  throw new ReembedError(
    "REEMBED_STORE_VERSION_MISSING",
    `table ${table} has no version ${JSON.stringify(name)}; ${names === "" ? "it has none yet" : `it has ${names}`}`,
    { details: { table, version: name } },
  );
}
