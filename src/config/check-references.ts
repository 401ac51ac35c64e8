import { describeMutable } from "../core/mutable-model.ts";
import { parseReference } from "./parse-reference.ts";

/**
 * Refuses a request before any of its work where one of its references pins no model.
 * @throws REEMBED_CONFIG_UNPINNED, REEMBED_CONFIG_REFERENCE
 */
export function checkReferences(references: readonly string[], acceptMutable: boolean): void {
  for (const written of references) parseReference(written, "", acceptMutable);
}

/** A warning for each hosted model whose name was accepted without a version. */
export function mutableWarnings(references: readonly string[]): string[] {
  return [...new Set(references)].filter(isMutable).map(describeMutable);
}

function isMutable(written: string): boolean {
  const reference = parseReference(written, "", true);
  return reference.kind === "hosted" && reference.mutable;
}
