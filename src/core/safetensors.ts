/** The header of a safetensors file, as plain data. Source: github.com/huggingface/safetensors, "Format". */

export interface TensorHeader {
  readonly name: string;
  /** `F32`, `F16`, `BF16`, `I8`, `I64` …, as written in the file. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes of the file that hold the tensor: `[begin, end)`. */
  readonly begin: number;
  readonly end: number;
}

/** Bytes of the length that opens the file. */
export const safetensorsLengthBytes = 8;

/** The largest header that is believed; the reference implementation refuses larger ones, too. */
const maxHeaderBytes = 100_000_000;

/** How many bytes of header follow the length, or null where the length cannot be one. */
export function safetensorsHeaderBytes(start: Uint8Array): number | null {
  if (start.length < safetensorsLengthBytes) return null;
  const length = new DataView(start.buffer, start.byteOffset, safetensorsLengthBytes).getBigUint64(0, true);
  return length >= 2n && length <= BigInt(maxHeaderBytes) ? Number(length) : null;
}

/**
 * The tensors that a header names, or the reason why it is none.
 * @param header the JSON bytes after the length
 * @param fileBytes size of the whole file, against which the offsets are checked
 */
export function parseSafetensorsHeader(header: Uint8Array, fileBytes: number): TensorHeader[] | string {
  let entries: Record<string, unknown>;
  try {
    const parsed: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(header));
    if (parsed === null || typeof parsed !== "object" || Array.isArray(parsed)) return "header is no object";
    entries = parsed as Record<string, unknown>;
  } catch (error) {
    return `header is no JSON (${error instanceof Error ? error.message : String(error)})`;
  }
  const dataStart = safetensorsLengthBytes + header.length;
  const tensors: TensorHeader[] = [];
  for (const [name, value] of Object.entries(entries)) {
    if (name === "__metadata__") continue;
    const entry = value as { dtype?: unknown; shape?: unknown; data_offsets?: unknown } | null;
    const offsets = entry?.data_offsets;
    if (
      typeof entry?.dtype !== "string" ||
      !isNumbers(entry.shape) ||
      !isNumbers(offsets) ||
      offsets.length !== 2
    ) {
      return `tensor "${name}" is not described by dtype, shape and data_offsets`;
    }
    const begin = dataStart + (offsets[0] ?? 0);
    const end = dataStart + (offsets[1] ?? 0);
    if (begin > end || end > fileBytes) {
      return `tensor "${name}" ends at byte ${end}, the file at ${fileBytes}`;
    }
    tensors.push({ name, dtype: entry.dtype, shape: entry.shape, begin, end });
  }
  return tensors;
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
