import type { Table as ArrowTable } from "apache-arrow";
import type { TableHandle } from "../../src/store/table-handle.ts";

/** What is done to one merge of a column patch. */
export interface Meddle {
  /** Merges that are left alone before it. @default 0 */
  readonly after?: number;
  /** Done once the patch has looked at the key's index, before it merges. */
  readonly before?: () => Promise<unknown>;
  /** What is sent instead of the patch's own columns. */
  readonly send?: (batch: ArrowTable) => ArrowTable;
}

/** A handle through which one merge meets what the store does not expect. */
export function meddling(handle: TableHandle, { after = 0, before, send }: Meddle): TableHandle {
  let merges = 0;
  return {
    ...handle,
    open: async () => {
      const table = await handle.open();
      const mergeInsert = table.mergeInsert.bind(table);
      table.mergeInsert = (on) => {
        const builder = mergeInsert(on).useIndex(true).whenMatchedUpdateAll();
        const meddled = {
          useIndex: () => meddled,
          whenMatchedUpdateAll: () => meddled,
          execute: async (batch: ArrowTable) => {
            const isMeddledWith = merges === after;
            merges += 1;
            if (isMeddledWith) await before?.();
            return builder.execute(isMeddledWith && send !== undefined ? send(batch) : batch);
          },
        };
        return meddled as never;
      };
      return table;
    },
  };
}
