import type { VersionRecord } from "./version.ts";

/**
 * Who computes a version's vectors: the provider, with the address where the reference gives one; null
 * for a model on this machine.
 */
export function providerOf({ space, reference }: Pick<VersionRecord, "space" | "reference">): string | null {
  if (space.kind !== "api") return null;
  const address = new URLSearchParams(reference.slice(reference.indexOf("?") + 1)).get("baseUrl");
  const host = address === null || !URL.canParse(address) ? null : new URL(address).host;
  return host === null ? space.runtime : `${space.runtime} at ${host}`;
}
