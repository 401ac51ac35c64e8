/** The child process of the scale suite: imports made-up rows, fills a version through the real backfill. */
import { join } from "node:path";
import { backfill } from "../run/backfill.ts";
import type { Lane, StoredTable } from "../core/ports.ts";
import { openStore } from "../store/open-store.ts";
import { startHeapMeter } from "./heap-meter.ts";
import { nullLane, nullSpace } from "./made-up-rows.ts";
import { importTable } from "./suites/store-suite.ts";
import type { ScaleRequest, ScaleResult } from "./scale-child.ts";

/** How often memory is looked at. */
const watchMs = 20;

/** Nobody else fills this table. */
const leaseMs = 60_000;

const request = JSON.parse(process.argv[2] ?? "") as ScaleRequest;
const store = await openStore(join(request.folder, "db"));
const table = await importTable(store, "t", request.rows);
const space = nullSpace(request.dimensions);
const version = await table.createVersion({ name: "v1", reference: "none", space });
const leases = table.leases(version, leaseMs);
const lane = nullLane(request.dimensions);

/** Memory that vectors were born in. */
const laneMemory = new WeakSet<ArrayBufferLike>();
const watchedLane: Lane = {
  ...lane,
  get stats() {
    return lane.stats;
  },
  async embed(texts, options) {
    const result = await lane.embed(texts, options);
    laneMemory.add(result.vectors.buffer);
    return result;
  },
};
let copiedRows = 0;
const watchedTable: StoredTable = new Proxy(table, {
  get(target, name, receiver) {
    if (name !== "patch") return Reflect.get(target, name, receiver) as unknown;
    const patch: StoredTable["patch"] = (filled, rows) => {
      // Vectors that lie elsewhere than where the lane put them were copied on their way.
      if (rows.vectors !== null && !laneMemory.has(rows.vectors.buffer)) copiedRows += rows.hasVector.length;
      return target.patch(filled, rows);
    };
    return patch;
  },
});

let peakBytes = 0;
const heap = startHeapMeter();
const watch = setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
}, watchMs);
const { seconds, complete } = await backfill({
  table: watchedTable,
  version,
  leases,
  shard: undefined,
  begin: () => Promise.resolve(),
  openLane: () => Promise.resolve(watchedLane),
  isKnownComplete: () => Promise.resolve(false),
  openSpool: () => Promise.resolve(null),
  guard: null,
  onEmpty: "fail",
  limitRows: undefined,
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
  copiesPerRow: copiedRows / request.rows,
  heapBytesPerRow: heapBytes / request.rows,
};
process.stdout.write(JSON.stringify(result));
