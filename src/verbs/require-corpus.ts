import { ReembedError } from "../core/errors.ts";
import type { StoredTable } from "../core/ports.ts";
import type { CorpusColumns } from "../core/words.ts";
import type { VerbContext } from "./verb-context.ts";

/**
 * Makes sure that a table's key and text columns are known: from its own metadata, else from the
 * settings, which are then recorded in the table.
 * @throws REEMBED_STORE_TABLE_FOREIGN
 */
export async function requireCorpus(context: VerbContext, table: StoredTable): Promise<void> {
  await table.setCorpus(await corpusOf(context, table));
}

/** The same without recording it. @throws REEMBED_STORE_TABLE_FOREIGN */
export async function corpusOf(context: VerbContext, table: StoredTable): Promise<CorpusColumns> {
  const { corpus, schema } = await table.snapshot();
  const known = corpus ?? context.settings.corpus;
  if (known !== null) return known;
  const columns = schema.fields.map((field) => field.name).join(", ");
  throw new ReembedError(
    "REEMBED_STORE_TABLE_FOREIGN",
    `table ${table.name} was not made by reembed, so its key and text are not known; add --key COLUMN --text COLUMN (it has ${columns})`,
    { details: { table: table.name } },
  );
}
