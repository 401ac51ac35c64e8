import assert from "node:assert/strict";
import { test } from "node:test";
import { prepareText, shortenPiece } from "../../../src/lanes/api/prepare-texts.ts";
import { createEstimatingCounter, openTokenCounter } from "../../../src/lanes/api/token-counter.ts";

test("OpenAI's tokens are counted and cut exactly", async () => {
  const counter = await openTokenCounter("cl100k_base");
  // Source: the token counts of OpenAI's cookbook on counting tokens, for cl100k_base.
  assert.equal(counter.count("antidisestablishmentarianism"), 6);
  assert.equal(counter.count("2 + 2 = 4"), 7);
  assert.equal(counter.count("お誕生日おめでとう"), 9);
  assert.ok(counter.count("<|endoftext|>") > 1, "a mark in a text is text");
  const text = "a river of words 🎉 ".repeat(50);
  for (const most of [1, 7, 50]) {
    const cut = counter.cut(text, most);
    assert.ok(text.startsWith(cut) && counter.count(cut) <= most);
  }
});

test("an estimate learns what texts come to, and how far it may be off", () => {
  const counter = createEstimatingCounter();
  const text = "some words of a text ".repeat(20);
  const before = counter.count(text);
  const cut = counter.cut(text, 10);
  for (let answer = 0; answer < 200; answer++) counter.learn(counter.count(text), before * 1.5);
  assert.ok(Math.abs(counter.count(text) / (before * 1.5) - 1) < 0.02);
  assert.ok(counter.margin() < 0.1);
  assert.equal(counter.cut(text, 10), cut, "where a text is cut does not depend on what was learned");
});

test("a text that is too long is cut, parted or left out, as the space says", async () => {
  const counter = await openTokenCounter("cl100k_base");
  const text = "word ".repeat(25).trim();
  const prepare = (overLong: "truncate" | "average" | "skip"): ReturnType<typeof prepareText> =>
    prepareText(text, 3, { overLong, maxTokens: 10 }, counter);
  assert.deepEqual(
    prepare("truncate").pieces.map(({ tokens, index }) => [tokens, index]),
    [[10, 3]],
  );
  assert.equal(prepare("truncate").truncated, true);
  assert.deepEqual(prepare("skip").pieces, []);
  const parts = prepare("average").pieces;
  assert.equal(parts.map((piece) => piece.text).join(""), text);
  assert.deepEqual(
    parts.map(({ tokens }) => tokens),
    [10, 10, 5],
  );
});

test("a text that a provider refuses as too long is cut by the numbers that it gives", () => {
  const piece = { text: "x".repeat(1_000), index: 0, tokens: 250, bytes: 1_003 };
  const shorter = shortenPiece(piece, "status 413: must have less than 512 tokens. Given: 1024");
  assert.equal(shorter?.text.length, 475);
  assert.equal(shortenPiece(piece, "status 400: too long")?.text.length, 700);
  assert.equal(shortenPiece({ ...piece, text: "x" }, "too long"), null);
});
