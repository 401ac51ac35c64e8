import { GCProfiler, getHeapStatistics } from "node:v8";

/** Counts what JavaScript allocates between two moments. */
export interface HeapMeter {
  /** Bytes since the start: what was collected meanwhile too. Ends the count. */
  stop(): number;
}

/**
 * Starts counting: the heap before each garbage collection less the heap after the one before is what
 * was allocated between them. Buffers outside the heap are not in it.
 */
export function startHeapMeter(): HeapMeter {
  const profiler = new GCProfiler();
  let used = getHeapStatistics().used_heap_size;
  profiler.start();
  return {
    stop() {
      const end = getHeapStatistics().used_heap_size;
      let allocated = 0;
      for (const { beforeGC, afterGC } of profiler.stop().statistics) {
        allocated += Math.max(0, beforeGC.heapStatistics.usedHeapSize - used);
        used = afterGC.heapStatistics.usedHeapSize;
      }
      return allocated + Math.max(0, end - used);
    },
  };
}
