import type { SourceFormat } from "../core/verbs.ts";
import type { Compression } from "./decompress.ts";
import { formatError } from "./corpus-error.ts";

/** A format that a source can be read in. */
export type KnownFormat = Exclude<SourceFormat, "auto">;

/** What the first bytes of a file say beyond doubt. */
type Signature = KnownFormat | "gzip" | "zstd" | "feather-v1";

const signatures: readonly (readonly [Signature, readonly number[]])[] = [
  ["parquet", [0x50, 0x41, 0x52, 0x31]], // PAR1
  ["arrow", [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31]], // ARROW1: the file format
  ["arrow", [0xff, 0xff, 0xff, 0xff]], // the continuation mark that begins a stream
  ["feather-v1", [0x46, 0x45, 0x41, 0x31]], // FEA1
  ["gzip", [0x1f, 0x8b]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
];

const extensions: Readonly<Record<string, KnownFormat>> = {
  parquet: "parquet",
  pq: "parquet",
  arrow: "arrow",
  arrows: "arrow",
  ipc: "arrow",
  feather: "arrow",
  jsonl: "jsonl",
  ndjson: "jsonl",
  jsonlines: "jsonl",
  "json-lines": "jsonl",
  json: "jsonl",
  csv: "csv",
  tsv: "csv",
  tab: "csv",
};

const compressedExtension = /\.(?:gz|gzip|zst|zstd)$/i;

/** How the whole file is compressed. */
export function detectCompression(head: Buffer): Compression {
  const signature = signatureOf(head);
  return signature === "gzip" || signature === "zstd" ? signature : "none";
}

/**
 * The format of a file, from the first bytes of its (decompressed) content, then its name, then what
 * the text looks like.
 * @throws REEMBED_CORPUS_FORMAT where nothing tells, or what was asked for contradicts the bytes
 */
export function detectFormat(file: string, head: Buffer, asked: SourceFormat): KnownFormat {
  const signature = signatureOf(head);
  if (signature === "feather-v1") {
    throw formatError(
      file,
      "Feather version 1 is not read",
      "write it again as Arrow IPC (Feather version 2)",
    );
  }
  if (signature === "gzip" || signature === "zstd") {
    throw formatError(file, `it is compressed twice (${signature} inside)`, "decompress it once");
  }
  if (signature !== undefined) {
    if (asked === "auto" || asked === signature) return signature;
    throw formatError(file, `it is ${signature}, not ${asked}`, `leave out --format ${asked}`);
  }
  const named = asked === "auto" ? extensionFormat(file) : asked;
  if (named !== null) return named;
  return contentFormat(file, head);
}

/** The delimiter of a CSV file: a tab where its name says so, else what its first line has most of. */
export function detectDelimiter(file: string, head: Buffer): string {
  if (/\.(?:tsv|tab)$/i.test(file.replace(compressedExtension, ""))) return "\t";
  const [line = ""] = head.toString("utf8").split("\n", 1);
  const bare = line.replaceAll(/"[^"]*"/g, "");
  const counts = [",", "\t", ";", "|"].map((mark) => ({ mark, count: bare.split(mark).length - 1 }));
  return counts.toSorted((a, b) => b.count - a.count)[0]?.mark ?? ",";
}

function signatureOf(head: Buffer): Signature | undefined {
  return signatures.find(([, bytes]) => bytes.every((byte, index) => head[index] === byte))?.[0];
}

function extensionFormat(file: string): KnownFormat | null {
  const name = file.replace(compressedExtension, "");
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return Object.hasOwn(extensions, extension) ? (extensions[extension] ?? null) : null;
}

function contentFormat(file: string, head: Buffer): KnownFormat {
  const text = head
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .trimStart();
  if (text === "" || text.startsWith("{")) return "jsonl";
  const [line = ""] = text.split("\n", 1);
  if (/[,;\t|]/.test(line) && !text.startsWith("[")) return "csv";
  throw formatError(
    file,
    "neither the name nor the first bytes tell its format",
    "name it with --format parquet, arrow, jsonl or csv",
  );
}
