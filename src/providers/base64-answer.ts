/** An embedding's name and the beginning of its text, as servers write them. */
const beginnings = ['"embedding":"', '"embedding": "'].map((text) => Buffer.from(text));

const quote = 0x22;
const backslash = 0x5c;

/** The JSON of an answer without its embeddings, and these. */
export interface CutAnswer {
  /** JSON in which each embedding is its index in `embeddings`, as a number. */
  readonly json: string;
  /** Base64, as it lies in the body. */
  readonly embeddings: readonly string[];
}

/**
 * Takes base64 embeddings out of an answer's JSON before it is parsed: they are nearly all of it, and a
 * parser would read each a second time. Null where the first embedding is none, or anything about them
 * is unusual: then the whole is to be parsed.
 */
export function cutEmbeddings(body: Buffer): CutAnswer | null {
  const found = beginnings.find((beginning) => body.includes(beginning));
  if (found === undefined) return null;
  const embeddings: string[] = [];
  let json = "";
  let copied = 0;
  for (let at = body.indexOf(found); at !== -1; at = body.indexOf(found, copied)) {
    // A name inside another text has its quotes escaped.
    if (at > 0 && body[at - 1] === backslash) return null;
    const start = at + found.length;
    const end = body.indexOf(quote, start);
    if (end === -1) return null;
    const embedding = body.toString("latin1", start, end);
    // Some servers escape the slashes of base64.
    if (embedding.includes("\\")) return null;
    json += `${body.toString("utf8", copied, start - 1)}${embeddings.length}`;
    embeddings.push(embedding);
    copied = end + 1;
  }
  return { json: json + body.toString("utf8", copied), embeddings };
}
