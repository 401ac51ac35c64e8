import { ReembedError } from "./errors.ts";

const unitBytes: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** Bytes of a size as people write it, such as `850MB`, `1.5 GB` or `512MiB`; null for any other text. */
export function parseByteSize(written: string): number | null {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?([a-z]+)$/i.exec(written.trim()) ?? [];
  const bytes = Number(amount) * (unitBytes[unit?.toUpperCase() ?? ""] ?? Number.NaN);
  return Number.isSafeInteger(Math.round(bytes)) && bytes >= 1 ? Math.round(bytes) : null;
}

/** The same of a size that has been checked. @throws REEMBED_INTERNAL for any other text */
export function requireByteSize(written: string): number {
  const bytes = parseByteSize(written);
  if (bytes === null) throw new ReembedError("REEMBED_INTERNAL", `${written} is no size`);
  return bytes;
}
