import { formatError } from "./corpus-error.ts";
import { maxLineBytes, textBlocks } from "./text-blocks.ts";
import type { TextRow } from "./text-source.ts";

/** One value of a record. */
export interface CsvField {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** A record's fields and where the next one starts; null where the text ends inside the record. */
interface ParsedRecord {
  readonly fields: readonly CsvField[];
  readonly next: number;
  readonly lines: number;
}

/**
 * Records of delimited text: values may be quoted, a quote inside them doubled, and then hold
 * delimiters and newlines. Lines end in LF or CRLF; blank lines are passed over.
 * @throws REEMBED_CORPUS_FORMAT
 * Source: RFC 4180
 */
export async function* csvRecords(
  chunks: AsyncIterable<Buffer>,
  delimiter: string,
  file: string,
): AsyncGenerator<readonly TextRow<readonly CsvField[]>[], void> {
  // A record that is still open at the end of a block, and the length at which to try it again:
  // twice what it was, so that a long value is not scanned anew for every block.
  let open = "";
  let retryLength = 0;
  let line = 1;

  function* parse(text: string, isEnd: boolean): Generator<TextRow<readonly CsvField[]>, number> {
    let at = 0;
    while (at < text.length) {
      const record = parseRecord(text, at, delimiter, isEnd, line, file);
      if (record === null) break;
      const isBlank =
        record.fields.length === 1 && record.fields[0]?.text === "" && !record.fields[0].isQuoted;
      if (!isBlank) yield { row: record.fields, line, length: record.next - at };
      line += record.lines;
      at = record.next;
    }
    return at;
  }

  const rowsOf = (text: string, isEnd: boolean): TextRow<readonly CsvField[]>[] => {
    const rows: TextRow<readonly CsvField[]>[] = [];
    const parsing = parse(text, isEnd);
    let step = parsing.next();
    for (; step.done !== true; step = parsing.next()) rows.push(step.value);
    open = text.slice(step.value);
    retryLength = open.length * 2;
    return rows;
  };

  for await (const block of textBlocks(chunks, file)) {
    open += block.text;
    if (open.length < retryLength) continue;
    yield rowsOf(open, false);
    if (open.length > maxLineBytes) throw unclosedError(file, line);
  }
  if (open !== "") yield rowsOf(open, true);
}

function parseRecord(
  text: string,
  start: number,
  delimiter: string,
  isEnd: boolean,
  line: number,
  file: string,
): ParsedRecord | null {
  const fields: CsvField[] = [];
  let at = start;
  let lines = 1;
  for (;;) {
    if (text.charCodeAt(at) === 0x22) {
      const close = closingQuote(text, at + 1);
      if (close === -1) {
        if (isEnd) throw unclosedError(file, line + lines - 1);
        return null;
      }
      const quoted = text.slice(at + 1, close);
      lines += newlines(quoted);
      fields.push({ text: quoted.includes('"') ? quoted.replaceAll('""', '"') : quoted, isQuoted: true });
      at = close + 1;
    } else {
      const end = bareEnd(text, at, delimiter);
      fields.push({ text: text.slice(at, end), isQuoted: false });
      at = end;
    }
    if (at >= text.length) return { fields, next: at, lines };
    if (text.startsWith(delimiter, at)) {
      at += 1;
    } else if (text[at] === "\n") {
      return { fields, next: at + 1, lines };
    } else if (text[at] === "\r" && (text[at + 1] === "\n" || at + 1 === text.length)) {
      return { fields, next: at + 2, lines };
    } else {
      throw formatError(
        file,
        `there is text after a closing quote (${JSON.stringify(text.slice(at, at + 20))})`,
        "double the quotes inside a quoted value",
        { line: line + lines - 1 },
      );
    }
  }
}

/** Where a quoted value that starts at `from` is closed; -1 where it is not. */
function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at !== -1; at = text.indexOf('"', at + 2)) {
    if (text.charCodeAt(at + 1) !== 0x22) return at;
  }
  return -1;
}

/** Where a bare value that starts at `from` ends: at a delimiter, a line's end or the text's. */
function bareEnd(text: string, from: number, delimiter: string): number {
  const code = delimiter.charCodeAt(0);
  for (let at = from; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === code || unit === 0x0a) return at;
    if (unit === 0x0d && (at + 1 === text.length || text.charCodeAt(at + 1) === 0x0a)) return at;
  }
  return text.length;
}

function newlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

function unclosedError(file: string, line: number): Error {
  const advice = "close it, and double the quotes inside a quoted value";
  return formatError(file, "a quote is opened and never closed", advice, { line });
}
