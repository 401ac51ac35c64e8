import type { FileMetaData } from "hyparquet";
import { flatRoot } from "./flat-table.ts";
import { unprefixedMetadata } from "./ipc-messages.ts";

/** `FixedSizeList` in the `Type` union of Arrow's Schema.fbs. */
const fixedSizeList = 16;

/**
 * Sizes of the columns that were fixed-size lists when the file was written, such as vectors. Parquet
 * itself knows only lists; Arrow's writers leave their own schema in the footer.
 */
export function parquetListSizes(footer: FileMetaData): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  const encoded = footer.key_value_metadata?.find(({ key }) => key === "ARROW:schema")?.value;
  if (encoded === undefined) return sizes;
  const schema = flatRoot(unprefixedMetadata(Buffer.from(encoded, "base64"))).table(2);
  for (const field of schema?.tables(1) ?? []) {
    const size = field.int8(2) === fixedSizeList ? field.table(3)?.int32(0) : undefined;
    if (size !== undefined && size > 0) sizes.set(field.text(0) ?? "", size);
  }
  return sizes;
}
