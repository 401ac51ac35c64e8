import type { DataType } from "apache-arrow";
import { parquetSchema } from "hyparquet";
import type { FileMetaData, SchemaTree } from "hyparquet";
import { arrow } from "../arrow.ts";
import { parquetLeaf } from "./parquet-leaf.ts";
import type { ParquetLeaf } from "./parquet-leaf.ts";

/** How one top-level column of a Parquet file is read. */
export type ParquetColumn =
  | {
      readonly kind: "flat";
      readonly name: string;
      readonly type: DataType;
      readonly leaf: ParquetLeaf;
      /** From the root to the leaf. */
      readonly schemaPath: readonly SchemaTree[];
    }
  | {
      readonly kind: "list";
      readonly name: string;
      readonly type: DataType;
      readonly leaf: ParquetLeaf;
      readonly schemaPath: readonly SchemaTree[];
      /** Elements of every list, where the file promises one length. */
      readonly listSize: number | null;
    }
  | { readonly kind: "nested"; readonly name: string; readonly type: DataType };

/**
 * The columns of a file, in order. Lists of primitive values keep their type, fixed-size lists where
 * `listSizes` knows the size; deeper nesting becomes JSON text.
 */
export function parquetColumns(
  footer: FileMetaData,
  listSizes: ReadonlyMap<string, number>,
): ParquetColumn[] {
  const root = parquetSchema(footer);
  return root.children.map(
    (node) => flatColumn(root, node) ?? listColumn(root, node, listSizes) ?? nested(node),
  );
}

function flatColumn(root: SchemaTree, node: SchemaTree): ParquetColumn | null {
  if (node.children.length > 0 || node.element.repetition_type === "REPEATED") return null;
  const leaf = parquetLeaf(node.element);
  if (leaf === null) return null;
  return { kind: "flat", name: node.element.name, type: leaf.type, leaf, schemaPath: [root, node] };
}

/** A list as the format lays it out today: a group, a repeated group in it, one element in that. */
function listColumn(
  root: SchemaTree,
  node: SchemaTree,
  listSizes: ReadonlyMap<string, number>,
): ParquetColumn | null {
  const repeated = node.children[0];
  const item = repeated?.children[0];
  if (node.children.length !== 1 || repeated?.children.length !== 1 || item === undefined) return null;
  if (repeated.element.repetition_type !== "REPEATED") return null;
  if (item.children.length > 0 || item.element.repetition_type === "REPEATED") return null;
  const leaf = parquetLeaf(item.element);
  if (leaf === null) return null;
  const name = node.element.name;
  const listSize = listSizes.get(name) ?? null;
  const child = new arrow.Field("item", leaf.type, true);
  const type = listSize === null ? new arrow.List(child) : new arrow.FixedSizeList(listSize, child);
  return { kind: "list", name, type, leaf, schemaPath: [root, node, repeated, item], listSize };
}

function nested(node: SchemaTree): ParquetColumn {
  return { kind: "nested", name: node.element.name, type: new arrow.Utf8() };
}
