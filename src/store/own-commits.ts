import type { Table } from "@lancedb/lancedb";
import type { TableMoment } from "../core/ports-moment.ts";

/**
 * Counts the commits that this process makes to one table, so that those of others can be told from
 * the table's version. Where it is unsure it counts too few, never too many.
 */
export interface OwnCommits {
  /** Runs a write through `table`, and counts one commit if it moved the table's version. */
  run<Result>(table: Table, write: () => Promise<Result>): Promise<Result>;
  /** What `since` needs to tell later whether others have committed. */
  moment(open: () => Promise<Table>): Promise<TableMoment>;
  /** The table's version now if every commit since was made here; null where others did, or may have. */
  since(moment: TableMoment, open: () => Promise<Table>): Promise<number | null>;
}

/** Starts at no commits. */
export function ownCommits(): OwnCommits {
  let landed = 0;
  let inFlight = 0;
  return {
    async run(table, write) {
      inFlight += 1;
      try {
        const before = await table.version();
        const result = await write();
        if ((await table.version()) > before) landed += 1;
        return result;
      } finally {
        inFlight -= 1;
      }
    },
    // A commit in flight may be part of the version that is read: counting it as past can only make
    // the later difference too small.
    async moment(open) {
      const tableVersion = await (await open()).version();
      return { tableVersion, ownCommits: landed + inFlight };
    },
    async since({ tableVersion, ownCommits: before }, open) {
      const own = landed - before;
      const now = await (await open()).version();
      return now === tableVersion + own ? now : null;
    },
  };
}
