import assert from "node:assert/strict";
import { test } from "node:test";
import { rowOutcomes } from "../../src/core/outcome.ts";
import { readTokenizer } from "../../src/embed/read-tokenizer.ts";
import { tokenizeTexts } from "../../src/embed/tokenize-texts.ts";
import { idsOf, miniLmFolder } from "./token-ids.ts";

const tokenizer = await readTokenizer(miniLmFolder);
const [cls, sep] = [101, 102];

function idsOfTexts(texts: readonly string[], maxTokens: number, truncation: "right" | "left", prompt = "") {
  const tokenized = tokenizeTexts(texts, prompt, tokenizer, { maxTokens, truncation });
  let end = 0;
  const ids = [...tokenized.lengths].map((length) => [...tokenized.ids.subarray(end, (end += length))]);
  return { ...tokenized, ids, tokens: tokenized.ids.length };
}

test("a text is cut before its special tokens are added, on the side that the space says", () => {
  const words = idsOf(tokenizer, "one two three four five");
  const right = idsOfTexts(["one two three four five", "one"], 5, "right");
  assert.deepEqual(right.ids, [
    [cls, ...words.slice(0, 3), sep],
    [cls, words[0], sep],
  ]);
  assert.deepEqual([right.truncated, right.tokens], [1, 8]);
  const left = idsOfTexts(["one two three four five"], 5, "left");
  assert.deepEqual(left.ids, [[cls, ...words.slice(2), sep]]);
  assert.equal(idsOfTexts(["one two three"], 5, "right").truncated, 0);
});

test("texts without a vector are told apart and take no tokens", () => {
  const { outcomes, ids, tokens } = idsOfTexts(["", " \n", "ផ ផ", "\u0007", "fine"], 16, "right");
  assert.deepEqual(
    [...outcomes].map((outcome) => rowOutcomes[outcome]),
    ["empty", "empty", "no-known-token", "no-known-token", "embedded"],
  );
  assert.deepEqual(ids.slice(0, 4), [[], [], [], []]);
  assert.equal(tokens, 3);
});

test("the prompt comes first, and does not make an unknown text known", () => {
  const { ids, outcomes } = idsOfTexts(["text", "ផ", ""], 16, "right", "query: ");
  assert.deepEqual(ids[0], [cls, ...idsOf(tokenizer, "query: text"), sep]);
  assert.deepEqual([...outcomes], [0, 2, 1]);
});
