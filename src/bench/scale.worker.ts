/** The child process of the scale suite: imports made-up rows, fills a version through the real backfill. */
import { join } from "node:path";
import { backfill } from "../run/backfill.ts";
import { openStore } from "../store/open-store.ts";
import { startHeapMeter } from "./heap-meter.ts";
import { nullLane, nullSpace } from "./made-up-rows.ts";
import { importTable } from "./suites/store-suite.ts";
import { watchCopies } from "./watch-copies.ts";
import type { ScaleRequest, ScaleResult } from "./scale-child.ts";

/** How often memory is looked at. */
const watchMs = 20;

/** What merges may take: as the setting has it by default. */
const memoryBytes = 1e9;

/** Nobody else fills this table. */
const leaseMs = 60_000;

const request = JSON.parse(process.argv[2] ?? "") as ScaleRequest;
const store = await openStore(join(request.folder, "db"));
const table = await importTable(store, "t", request.rows);
const space = nullSpace(request.dimensions);
const version = await table.createVersion({ name: "v1", reference: "none", space });
const leases = table.leases(version, leaseMs);
const watched = watchCopies(nullLane(request.dimensions), table);

let peakBytes = 0;
const heap = startHeapMeter();
const watch = setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
}, watchMs);
const { seconds, complete } = await backfill({
  table: watched.table,
  version,
  leases,
  shard: undefined,
  planned: null,
  hits: null,
  begin: () => Promise.resolve(),
  openLane: () => Promise.resolve(watched.lane),
  isKnownComplete: () => Promise.resolve(false),
  openSpool: () => Promise.resolve(null),
  guard: null,
  onEmpty: "fail",
  limitRows: undefined,
  memoryBytes,
  residentBytes: () => process.memoryUsage.rss(),
  emit: () => {},
  signal: undefined,
});
const heapBytes = heap.stop();
clearInterval(watch);
await leases.close();
table.close();
await store.close();
if (!complete) throw new Error("rows are left that were not filled");
const result: ScaleResult = {
  rows: request.rows,
  seconds,
  peakBytes,
  copiesPerRow: watched.copiedRows() / request.rows,
  heapBytesPerRow: heapBytes / request.rows,
};
process.stdout.write(JSON.stringify(result));
