import type { Lane, StoredTable } from "../core/ports.ts";

/** A lane and a table that are watched on the vectors' way from one to the other. */
export interface WatchedCopies {
  readonly lane: Lane;
  readonly table: StoredTable;
  /** Rows whose vectors reached the store in other memory than the lane had put them in. */
  copiedRows(): number;
}

/** Watches for copies: vectors that lie elsewhere than where the lane put them were copied on their way. */
export function watchCopies(lane: Lane, table: StoredTable): WatchedCopies {
  const laneMemory = new WeakSet<ArrayBufferLike>();
  let copied = 0;
  const embed: Lane["embed"] = async (texts, options) => {
    const result = await lane.embed(texts, options);
    laneMemory.add(result.vectors.buffer);
    return result;
  };
  const patch: StoredTable["patch"] = (version, rows) => {
    if (rows.vectors !== null && !laneMemory.has(rows.vectors.buffer)) copied += rows.hasVector.length;
    return table.patch(version, rows);
  };
  return {
    lane: replacing(lane, "embed", embed),
    table: replacing(table, "patch", patch),
    copiedRows: () => copied,
  };
}

/** An object with one method in place of its own. */
function replacing<T extends object, Name extends keyof T>(target: T, name: Name, method: T[Name]): T {
  return new Proxy(target, {
    get: (object, asked) => (asked === name ? method : (Reflect.get(object, asked) as unknown)),
  });
}
