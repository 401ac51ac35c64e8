import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createLibraryTokenizer } from "../../src/embed/library-tokenizer.ts";
import { createTokenBuffer } from "../../src/embed/token-buffer.ts";
import type { Tokenizer } from "../../src/embed/tokenizer.ts";
import type { TokenizerFile } from "../../src/embed/tokenizer-file.ts";
import { createWordPiece } from "../../src/embed/wordpiece.ts";
import { idsOf, miniLmFolder, readTokenizerFile, shared } from "./token-ids.ts";

const file = await readTokenizerFile(miniLmFolder);

function wordPieceOf(tokenizerFile: TokenizerFile): Tokenizer {
  const tokenizer = createWordPiece(tokenizerFile);
  assert.ok(tokenizer !== null);
  return tokenizer;
}

const ours = wordPieceOf(file);
const library = createLibraryTokenizer(file, {});

interface ReferenceCases {
  readonly cases: readonly {
    readonly text: string;
    readonly pair?: string;
    readonly ids: readonly number[];
  }[];
}

const casesFile = join(shared, "reference", "wordpiece-cases.json");

test(
  "gives the ids of independent implementations",
  { skip: !existsSync(casesFile) && "needs ../shared/reference" },
  async () => {
    const reference = JSON.parse(await readFile(casesFile, "utf8")) as Record<string, ReferenceCases>;
    const plain = reference["without_special_tokens"]?.cases ?? [];
    assert.ok(plain.length > 40);
    for (const { text, ids } of plain) assert.deepEqual(idsOf(ours, text), ids, JSON.stringify(text));

    const { before, after } = ours.special;
    const around = reference["with_special_tokens"]?.cases ?? [];
    assert.ok(around.length > 10);
    for (const { text, ids } of around) {
      const separators = ids.filter((id) => after.includes(id)).length;
      if (separators > 1 && !text.includes("[SEP]")) continue; // a pair of texts: there are none here
      assert.deepEqual([...before, ...idsOf(ours, text), ...after], ids, JSON.stringify(text));
    }
  },
);

const nasty = [
  "",
  " \t\n\r ",
  "Hello, World!",
  "unaffable re-embedding 3.14159 e-mail@example.com $5 a+b=c ^_^ `code`",
  "naïve café Ångström ÀÉÎÕÜ ﬁ ﬀ ½ ² ™",
  "e\u0301 combining, \u0301 alone, a\u0323\u0302 reordered",
  "İstanbul ıI",
  "日本語テキスト 汉字 한국어 텍스트 각",
  "हिन्दी ไทย العربية עברית",
  "🚀🦙👩‍👩‍👧 emoji 😶‍🌫️",
  "zero\u200bwidth soft\u00adhyphen nbsp\u00a0ideographic\u3000space",
  "nul\u0000 bell\u0007 c1\u0085\u009f replacement\ufffd bom\ufeff private\ue000",
  "lone \ud83d surrogate \udc00 end\ud800",
  "[CLS] [SEP]mid[MASK]dle [UNK] [PAD] [cls] [ SEP]",
  "“quotes” — dashes … ¿qué? 「括弧」 ٪",
  "a".repeat(100),
  "a".repeat(101),
  "é".repeat(100),
  "\u{1d400}".repeat(100),
  "\u{1d400}".repeat(101),
  `${"x".repeat(500)} after`,
  "x ".repeat(700),
];

test("agrees with the library on nasty texts", () => {
  for (const text of nasty)
    assert.deepEqual(idsOf(ours, text), idsOf(library, text), JSON.stringify(text.slice(0, 60)));
});

test("agrees with the library on random characters of every block", () => {
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed % below;
  };
  for (let round = 0; round < 3000; round++) {
    const characters = Array.from({ length: 12 }, () => {
      // The library lowers before it strips accents, and folds ideographs beyond the first plane
      // otherwise than the reference; of the rest of Unicode every block is here.
      const code = random(4) === 0 ? 32 + random(95) : random(0xd7ff);
      return String.fromCodePoint(code === 0x0130 || code === 0x03a3 ? 0x61 : code);
    });
    const text = characters.join(round % 2 === 0 ? "" : " ");
    assert.deepEqual(idsOf(ours, text), idsOf(library, text), JSON.stringify(text));
  }
});

test("lowers character by character and knows all planes, as the reference does", () => {
  assert.deepEqual(idsOf(ours, "ΟΔΟΣ"), idsOf(ours, "οδοσ"));
  assert.deepEqual(idsOf(ours, "a\u{20000}b"), idsOf(ours, "a \u{20000} b"));
});

test("stops once a text is known to be too long", () => {
  const long = "word ".repeat(1000);
  const buffer = createTokenBuffer(4);
  assert.ok(ours.append(long, buffer, 10, false) > 10);
  assert.ok(buffer.length < 20);
  assert.equal(idsOf(ours, "one two three", { limit: 3 }).length, 3);
  assert.equal(idsOf(ours, "one two three", { limit: 2 }).length, 3);
});

test("leaves unknown words out, and out of the count", () => {
  assert.deepEqual(idsOf(ours, "hello ផ world", { skipUnknown: true, limit: 2 }), idsOf(ours, "hello world"));
  assert.deepEqual(idsOf(ours, "ផ ផ", { skipUnknown: true }), []);
});

test("forgets words when its table is full, and gives the same ids afterwards", () => {
  const tokenizer = wordPieceOf(file);
  const before = idsOf(tokenizer, "unaffable tokenizers");
  const buffer = createTokenBuffer(1024);
  for (let i = 0; i < 140_000; i += 10) {
    buffer.length = 0;
    tokenizer.append(
      Array.from({ length: 10 }, (_, j) => `w${(i + j).toString(36)}`).join(" "),
      buffer,
      Infinity,
      false,
    );
  }
  assert.deepEqual(idsOf(tokenizer, "unaffable tokenizers"), before);
});

test("other settings and families are left to the library", () => {
  assert.equal(createWordPiece({ ...file, pre_tokenizer: { type: "Whitespace" } }), null);
  assert.equal(createWordPiece({ ...file, normalizer: null }), null);
  assert.equal(createWordPiece({ ...file, model: { ...file.model, type: "Unigram" } }), null);
  const withStrip = { ...file, added_tokens: [{ id: 5, content: "<x>", lstrip: true }] };
  assert.equal(createWordPiece(withStrip), null);
  const cased = { ...file, normalizer: { ...file.normalizer, type: "BertNormalizer", lowercase: false } };
  for (const text of ["Hello WORLD", "Café", "naïve"]) {
    assert.deepEqual(idsOf(wordPieceOf(cased), text), idsOf(createLibraryTokenizer(cased, {}), text));
  }
});

const corpora = ["cranfield", "xquad-de", "xquad-ru", "xquad-zh", "xquad-hi"];

for (const corpus of corpora) {
  const path = join(shared, "data", corpus, "corpus.jsonl");
  test(
    `agrees with the library on ${corpus}`,
    { skip: !existsSync(path) && "needs ../shared/data" },
    async () => {
      const lines = (await readFile(path, "utf8")).trim().split("\n").slice(0, 250);
      for (const line of lines) {
        const { text } = JSON.parse(line) as { readonly text: string };
        assert.deepEqual(idsOf(ours, text), idsOf(library, text));
      }
    },
  );
}
