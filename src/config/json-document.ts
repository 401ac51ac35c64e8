import { ReembedError } from "../core/errors.ts";

/** Where a value stands in a text. Both count from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** A parsed JSON text that knows where everything stands. */
export interface JsonDocument {
  readonly value: unknown;
  /** Where the member or element at this path begins; for a member, its name. */
  readonly positions: ReadonlyMap<string, TextPosition>;
}

/** A path as one text, the key of `positions`. */
export function pathKey(path: readonly PropertyKey[]): string {
  return path.map(String).join("\u0000");
}

const literals = { true: true, false: false, null: null } as const;
const numberForm = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const stringForm = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/**
 * Parses JSON as RFC 8259 has it, and keeps the position of every member, which `JSON.parse` does not.
 * A name given twice is refused: JSON would keep the last without a word.
 * Source: RFC 8259, sections 2 to 7.
 * @param file named in messages
 * @throws REEMBED_CONFIG_INVALID with line and column
 */
export function parseJsonDocument(text: string, file: string): JsonDocument {
  const positions = new Map<string, TextPosition>();
  let at = text.startsWith("\uFEFF") ? 1 : 0;

  const lineStarts = startsOfLines(text);
  const positionAt = (offset: number): TextPosition => {
    const line = countUpTo(lineStarts, offset);
    return { line, column: offset - (lineStarts[line - 1] ?? 0) + 1 };
  };
  const fail = (message: string, offset = at): never => {
    const { line, column } = positionAt(offset);
    throw new ReembedError("REEMBED_CONFIG_INVALID", `${file}:${line}:${column}: ${message}`, {
      details: { file, line, column },
    });
  };
  const skipSpace = (): void => {
    while (/[ \t\r\n]/.test(text.charAt(at))) at += 1;
    if (text.startsWith("//", at) || text.startsWith("/*", at))
      fail("comments are not JSON; remove this one");
  };
  const take = (form: RegExp): string | null => {
    form.lastIndex = at;
    const found = form.exec(text)?.[0] ?? null;
    if (found !== null) at += found.length;
    return found;
  };
  const found = (): string => (at >= text.length ? "the end of the file" : JSON.stringify(text.charAt(at)));

  const readString = (): string => {
    if (text.charAt(at) === "'") fail("texts stand in double quotes; write \" instead of '");
    const start = at;
    const written = take(stringForm);
    if (written === null)
      return fail("this text has no end, or an escape or line break that JSON does not allow", start);
    return JSON.parse(written) as string;
  };

  /** Reads `first, second, ... close`, where `readOne` reads one and the opening mark is at hand. */
  const readList = (close: string, readOne: () => void): void => {
    at += 1;
    skipSpace();
    if (text.charAt(at) === close) {
      at += 1;
      return;
    }
    for (;;) {
      readOne();
      skipSpace();
      const mark = text.charAt(at);
      if (mark !== "," && mark !== close) fail(`expected "," or "${close}" and found ${found()}`);
      const markAt = at;
      at += 1;
      if (mark === close) return;
      skipSpace();
      if (text.charAt(at) === close) fail(`a comma before "${close}" is not JSON; remove it`, markAt);
    }
  };

  const readObject = (path: readonly string[]): Record<string, unknown> => {
    const object: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    readList("}", () => {
      const nameAt = at;
      if (text.charAt(at) !== '"' && text.charAt(at) !== "'") {
        fail(`expected a name in double quotes and found ${found()}`);
      }
      const name = readString();
      if (Object.hasOwn(object, name)) fail(`"${name}" is given twice; keep one`, nameAt);
      positions.set(pathKey([...path, name]), positionAt(nameAt));
      skipSpace();
      if (text.charAt(at) !== ":") fail(`expected ":" after "${name}" and found ${found()}`);
      at += 1;
      object[name] = readValue([...path, name]);
    });
    return object;
  };

  const readArray = (path: readonly string[]): unknown[] => {
    const array: unknown[] = [];
    readList("]", () => {
      const elementPath = [...path, String(array.length)];
      positions.set(pathKey(elementPath), positionAt(at));
      array.push(readValue(elementPath));
    });
    return array;
  };

  const readValue = (path: readonly string[]): unknown => {
    skipSpace();
    const first = text.charAt(at);
    if (first === "{") return readObject(path);
    if (first === "[") return readArray(path);
    if (first === '"' || first === "'") return readString();
    for (const [word, value] of Object.entries(literals)) {
      if (text.startsWith(word, at) && !/\w/.test(text.charAt(at + word.length))) {
        at += word.length;
        return value;
      }
    }
    const number = take(numberForm);
    if (number === null || /[\w.]/.test(text.charAt(at)))
      return fail(`expected a value and found ${found()}`);
    return Number(number);
  };

  const value = readValue([]);
  skipSpace();
  if (at < text.length) fail(`expected the end of the file and found ${found()}`);
  return { value, positions };
}

/** Where each line begins: looked up for every member, so that a long text is gone through once. */
function startsOfLines(text: string): number[] {
  const starts = [0];
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) starts.push(end + 1);
  return starts;
}

/** How many of these ascending numbers are at most `bound`. */
function countUpTo(ascending: readonly number[], bound: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? Infinity) <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
