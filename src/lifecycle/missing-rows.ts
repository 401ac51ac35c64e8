import type { StoredTable, TableSnapshot } from "../core/ports.ts";
import type { VersionRecord } from "../core/version.ts";

/** Counts the rows that a version has not handled yet. */
export type MissingRows = (
  table: StoredTable,
  snapshot: TableSnapshot,
  version: VersionRecord,
) => Promise<number>;

/** Counting reads eight bytes a row: at most one part in so many of the time goes into it. */
const timeShare = 50;

interface Count {
  readonly tableVersion: number;
  readonly rows: Promise<number>;
  /** Until when the count is used again although the table changed; unknown while it is being made. */
  againAtMs: number;
}

/**
 * Counts missing rows at most once for each version of the table, and of a table that is being
 * written to only as often as takes a fiftieth of the time.
 */
export function createMissingRows(nowMs: () => number): MissingRows {
  const counted = new Map<string, Count>();
  return (table, snapshot, version) => {
    const name = `${table.name} ${version.column} ${version.spaceId}`;
    const last = counted.get(name);
    if (last !== undefined && (last.tableVersion === snapshot.tableVersion || nowMs() < last.againAtMs)) {
      return last.rows;
    }
    const startMs = nowMs();
    const count: Count = {
      tableVersion: snapshot.tableVersion,
      againAtMs: Infinity,
      rows: table.counts(version).then(
        ({ pending }) => {
          const endMs = nowMs();
          count.againAtMs = endMs + timeShare * (endMs - startMs);
          return pending;
        },
        (error: unknown) => {
          counted.delete(name);
          throw error;
        },
      ),
    };
    counted.set(name, count);
    return count.rows;
  };
}
