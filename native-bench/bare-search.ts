/**
 * The ceiling of a search: LanceDB alone, on the table and index that are there, without the door before it.
 *
 *     echo run | node native-bench/bare-search.ts DATABASE TABLE COLUMN QUERIES.f32 DIMENSIONS PROBES
 *
 * The file holds query vectors one after the other, as float32. A round opens the table, searches once for each
 * with so many probes of the index, and answers with the median in milliseconds.
 */
import { readFile } from "node:fs/promises";
import { connect } from "@lancedb/lancedb";
import { serveRounds } from "./serve-rounds.ts";

const [uri, name, column, file, dimensionsWritten, probesWritten] = process.argv.slice(2);
const dimensions = Number(dimensionsWritten);
const probes = Number(probesWritten);
if (
  uri === undefined ||
  name === undefined ||
  column === undefined ||
  file === undefined ||
  !(dimensions > 0 && probes > 0)
) {
  throw new Error(
    "usage: node native-bench/bare-search.ts DATABASE TABLE COLUMN QUERIES.f32 DIMENSIONS PROBES",
  );
}
const bytes = await readFile(file);
const values = new Float32Array(
  bytes.buffer,
  bytes.byteOffset,
  bytes.byteLength / Float32Array.BYTES_PER_ELEMENT,
);
const database = await connect(uri);

await serveRounds({
  async run() {
    const table = await database.openTable(name);
    const times: number[] = [];
    for (let at = 0; at < values.length; at += dimensions) {
      const started = performance.now();
      await table
        .query()
        .nearestTo(values.subarray(at, at + dimensions))
        .column(column)
        .distanceType("cosine")
        .nprobes(probes)
        .select(["id", "_distance"])
        .limit(10)
        .toArrow();
      times.push(performance.now() - started);
    }
    table.close();
    times.sort((a, b) => a - b);
    return times[times.length >> 1] ?? Number.NaN;
  },
  close() {
    database.close();
    return Promise.resolve();
  },
});
