import type { Connection } from "@lancedb/lancedb";
import { storeError } from "./store-error.ts";
import { tableExists } from "./table-names.ts";

const prefix = "reembed_staging__";

/** Name of the table in which an append stages its rows. */
export function stagingName(table: string, id: string): string {
  return `${prefix}${table}__${id}`;
}

/** Whether a table is only the stage of an append. */
export function isStagingTable(name: string): boolean {
  return name.startsWith(prefix);
}

/** Whether a table is the stage of an append to this one. */
export function isStagingOf(name: string, table: string): boolean {
  const stem = `${prefix}${table}__`;
  return name.startsWith(stem) && !name.slice(stem.length).includes("__");
}

/** Drops a staging table, if it is still there. */
export async function dropStaging(connection: Connection, name: string): Promise<void> {
  if (!(await tableExists(connection, name))) return;
  try {
    await connection.dropTable(name);
  } catch (error) {
    throw storeError(
      error,
      "REEMBED_STORE_WRITE_FAILED",
      `the staged rows in table ${name} cannot be dropped`,
    );
  }
}
