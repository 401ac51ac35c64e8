import { memoryUsage } from "node:process";

/** Memory of this process that is in RAM: the main thread, its workers and native libraries together. */
export function residentBytes(): number {
  return memoryUsage.rss();
}
