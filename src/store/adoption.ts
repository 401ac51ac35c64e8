import type { Adoption } from "../core/ports-adoption.ts";
import { adoptColumn } from "./adopt-column.ts";
import { checkKeys } from "./check-keys.ts";
import { checkForeignColumns } from "./foreign-columns.ts";
import { foreignRowsByKey, scanForeign } from "./foreign-rows.ts";
import { isOn } from "./key-index.ts";
import { schemaOf } from "./read-registry.ts";
import type { TableHandle } from "./table-handle.ts";

/** The table behind a handle, as its vectors are taken over. */
export function adoption(handle: TableHandle): Adoption {
  return {
    check: async (columns) => {
      const table = await handle.open();
      const vectors = checkForeignColumns(handle.name, await schemaOf(table), columns);
      await checkKeys(table, columns.corpus.key);
      return vectors;
    },
    scan: (columns, options) => scanForeign(handle, columns, options),
    rowsByKey: (columns, keys) => foreignRowsByKey(handle, columns, keys),
    indexMetric: async (column) => {
      const table = await handle.open();
      const index = (await table.listIndices()).find((candidate) => isOn(candidate, column));
      const stats = index === undefined ? undefined : await table.indexStats(index.name);
      return stats?.distanceType ?? null;
    },
    adoptColumn: (request, column) => adoptColumn(handle, request, column),
  };
}
