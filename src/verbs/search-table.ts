import type { SearchResult, SearchVerbRequest } from "../core/search.ts";
import { search } from "../lifecycle/door.ts";
import type { MissingRows } from "../lifecycle/missing-rows.ts";
import { createQueryVectors } from "../lifecycle/query-vectors.ts";
import { laneForVersion, openTable, requireSameSpace, type VerbContext } from "./verb-context.ts";

/** What this verb needs beside the usual context; it lives as long as the engine. */
export interface SearchPorts {
  readonly missingRows: MissingRows;
  /** Space id -> until when its model is taken to be down. Unit: milliseconds since the epoch. */
  readonly downUntil: Map<string, number>;
  /** What people should know of a model whose name pins no weights. */
  warningsOf(references: readonly string[]): readonly string[];
}

/** Searches the table that the settings name, through the door. */
export async function searchTable(
  context: VerbContext,
  { missingRows, downUntil, warningsOf }: SearchPorts,
  request: SearchVerbRequest,
): Promise<SearchResult> {
  const { search: settings } = context.settings;
  const warn = (message: string): void => context.emit({ event: "warning:raised", message });
  const flaw = context.queryCache?.takeFlaw() ?? null;
  if (flaw !== null) warn(flaw);
  const prepareQuery = createQueryVectors({
    verify: async (version) => requireSameSpace(version, await context.openModel(version.reference)),
    laneFor: (version, signal) => laneForVersion(context, version, 1, signal),
    cache: context.queryCache,
    patienceMs: settings.patienceSeconds * 1000,
    downUntil,
    nowMs: context.nowMs,
  });
  return search(
    {
      table: await openTable(context),
      missingRows,
      prepareQuery(version, text) {
        for (const message of warningsOf([version.reference])) warn(message);
        return prepareQuery(version, text);
      },
    },
    { ...request, missing: request.missing ?? (request.text === undefined ? "report" : settings.missing) },
  );
}
