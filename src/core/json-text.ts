/**
 * JSON of any value that a command answers with. Integers of 64 bits are numbers where a JSON reader
 * keeps them exact, else strings; typed arrays are arrays; bytes are base64.
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, plain) ?? "null";
}

function plain(this: unknown, name: string, value: unknown): unknown {
  // Buffer has a toJSON of its own, so the value is taken from before that was called.
  const original = (this as Record<string, unknown>)[name];
  if (original instanceof Uint8Array) return Buffer.from(original).toString("base64");
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return Array.from(value as unknown as ArrayLike<number | bigint>);
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  if (value instanceof Error) return { name: value.name, message: value.message };
  return value;
}
