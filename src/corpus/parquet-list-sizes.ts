import type { FileMetaData } from "hyparquet";
export function arrowListSizes(_footer: FileMetaData): ReadonlyMap<string, number> {
  return new Map();
}
