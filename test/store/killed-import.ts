/** Begins an import and hangs in the middle of it, for a test to kill. Arguments: database, mode. */
import { stdout } from "node:process";
import { connect } from "@lancedb/lancedb";
import { appendImporter } from "../../src/store/append-importer.ts";
import { openStore } from "../../src/store/open-store.ts";
import { corpus, numberedRows, sourceBatch } from "./support.ts";

const [uri, mode] = process.argv.slice(2) as [string, "create" | "stage" | "append"];
const fragment = { rows: 10, bytes: 1 << 20 };
const rows = numberedRows(30, 1030);
const request = { table: "t", corpus, schema: rows.schema, mode: "append" } as const;

if (mode !== "append") {
  const store = await openStore(uri, { fragment });
  const importer = await store.importer({ ...request, mode: mode === "create" ? "create" : "append" });
  await importer.write(sourceBatch(rows));
  stdout.write("half way\n");
} else {
  const connection = await connect(uri);
  const importer = await appendImporter(connection, request, fragment);
  await importer.write(sourceBatch(rows));
  const committed = importer.commit();
  // Tells as soon as the first staged fragment has arrived in the table.
  const table = await connection.openTable("t");
  while ((await table.countRows()) === 30) await table.checkoutLatest();
  stdout.write("half way\n");
  await committed;
}
setInterval(() => {}, 1000);
