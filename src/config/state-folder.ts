import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Of a folder of state, where nothing else names it. LanceDB takes only names in `.lance` for tables. */
const name = ".reembed";

/**
 * Where a run keeps what outlives it beside the tables: the folder that is set, else one within a
 * local database, else, for an object store, one in the working directory.
 */
export function stateFolder(config: { readonly db: string; readonly stateFolder: string | null }): string {
  if (config.stateFolder !== null) return config.stateFolder;
  if (config.db.startsWith("file://")) return join(fileURLToPath(config.db), name);
  return config.db.includes("://") ? name : join(config.db, name);
}
