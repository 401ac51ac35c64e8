const digits = 16;

/** The name of a text within a batch: its source hash in hexadecimal. */
export function customIdOf(hash: bigint): string {
  return BigInt.asUintN(64, hash).toString(16).padStart(digits, "0");
}

/** The source hash that a name stands for; null for a name that is none of ours. */
export function hashOf(customId: string): bigint | null {
  return /^[0-9a-f]{16}$/.test(customId) ? BigInt.asIntN(64, BigInt(`0x${customId}`)) : null;
}
