import { hash } from "node:crypto";

/**
 * The source hash of a text: the first 8 bytes of its SHA-256, as a signed 64-bit integer, little
 * end first. 64 bits: among 10^9 rows the chance that a changed text keeps its hash is 2^-64 each.
 * Source: FIPS 180-4 (SHA-256).
 */
export function sourceHash(text: string): bigint {
  return hash("sha256", text, "buffer").readBigInt64LE(0);
}
