/** Every message that crosses between the Parquet encoder and its worker thread. */

/** What the worker is started with. */
export interface ParquetStart {
  /** Columns of plain values at the top of the schema: they are compressed, lists of floats are not. */
  readonly plainColumns: readonly string[];
  readonly rowGroupBytes: number;
  /** What readers that know nothing of Arrow see. */
  readonly metadata: readonly (readonly [key: string, value: string])[];
}

export type ParquetRequest =
  | { readonly kind: "open" }
  /** A batch as an Arrow stream. Owner: the worker; the buffer is transferred. */
  | { readonly kind: "batch"; readonly ipc: Uint8Array<ArrayBuffer> }
  /** Ends the file. `ipc` is a stream of the schema alone, for a file without rows. */
  | { readonly kind: "finish"; readonly ipc: Uint8Array<ArrayBuffer> };

/** Bytes of the file that are ready; transferred. */
export type ParquetReply =
  | { readonly ok: true; readonly chunks: readonly Uint8Array<ArrayBuffer>[] }
  | { readonly ok: false; readonly message: string };
