import type { Data, RecordBatch } from "apache-arrow";
import { arrow } from "../arrow.ts";

/** How much goes into one fragment. */
export interface FragmentLimits {
  readonly rows: number;
  readonly bytes: number;
}

/**
 * 32,768 rows: 50 MB of 384-d vectors, which one merge fills in one piece; merges of twice that take
 * more than twice as long and a gigabyte. 128 MiB bounds the memory of an import of large texts.
 * Source: scripts/measure-store.ts.
 */
export const defaultFragmentLimits: FragmentLimits = { rows: 32_768, bytes: 128 * 1024 * 1024 };

/** Regroups batches of any size into groups of one fragment each, without copying rows. */
export interface RowBuffer {
  /** Takes rows in and hands back the groups that are full. */
  add(batch: RecordBatch): RecordBatch[][];
  /** Hands back what is left; empty where nothing is. */
  rest(): RecordBatch[];
}

/** An empty buffer. */
export function rowBuffer(limits: FragmentLimits): RowBuffer {
  let group: RecordBatch[] = [];
  let rows = 0;
  let bytes = 0;
  const take = (): RecordBatch[] => {
    const full = group;
    group = [];
    rows = 0;
    bytes = 0;
    return full;
  };
  return {
    add: (batch) => {
      const full: RecordBatch[][] = [];
      const bytesPerRow = batch.numRows === 0 ? 0 : batchBytes(batch) / batch.numRows;
      for (let from = 0; from < batch.numRows;) {
        const rowsByBytes = Math.max(1, Math.floor((limits.bytes - bytes) / Math.max(bytesPerRow, 1)));
        const count = Math.min(batch.numRows - from, limits.rows - rows, rowsByBytes);
        group.push(count === batch.numRows ? batch : batch.slice(from, from + count));
        rows += count;
        bytes += count * bytesPerRow;
        from += count;
        if (rows >= limits.rows || bytes + bytesPerRow > limits.bytes) full.push(take());
      }
      return full;
    },
    rest: take,
  };
}

/** Bytes of a batch's values: those of its own rows, also where its buffers hold more. */
export function batchBytes(batch: RecordBatch): number {
  return batch.data.children.reduce((sum, child) => sum + dataBytes(child), 0);
}

function dataBytes(data: Data): number {
  const offsets = data.valueOffsets as ArrayLike<number | bigint> | undefined;
  if (offsets !== undefined && offsets.length > data.length && !arrow.DataType.isUnion(data.type)) {
    const first = Number(offsets[0]);
    const share = Number(offsets[data.length]) - first;
    if (data.children.length === 0) return share + data.length * 4;
    const child = data.children[0] as Data;
    return data.length * 4 + (child.length === 0 ? 0 : (dataBytes(child) * share) / child.length);
  }
  const children = data.children.reduce((sum, child) => sum + dataBytes(child), 0);
  const values = data.values as { readonly BYTES_PER_ELEMENT?: number } | undefined;
  return children + data.length * (values?.BYTES_PER_ELEMENT ?? 0) * data.stride;
}
