import assert from "node:assert/strict";
import { test } from "node:test";
import { cutToWidth, padToWidth, printableText, textWidth, wrapText } from "../../src/observe/text-width.ts";

test("wide characters take two columns, marks none", () => {
  assert.equal(textWidth("plain"), 5);
  assert.equal(textWidth("한국어"), 6);
  assert.equal(textWidth("漢字かな"), 8);
  assert.equal(textWidth("👩‍👩‍👧 ok"), 5);
  assert.equal(textWidth("e\u0301"), 1);
  assert.equal(textWidth("\u200b"), 0);
});

test("a text is cut between characters, with an ellipsis inside the width", () => {
  assert.equal(cutToWidth("exactly", 7), "exactly");
  assert.equal(cutToWidth("too long", 7), "too lo…");
  assert.equal(cutToWidth("two words", 5), "two…");
  assert.equal(cutToWidth("한국어", 6), "한국어");
  assert.equal(cutToWidth("한국어", 5), "한국…");
  assert.equal(cutToWidth("한국어", 4), "한…");
  assert.equal(cutToWidth("anything", 0), "");
});

test("padding counts columns, not code units", () => {
  assert.equal(padToWidth("한", 4, "left"), "한  ");
  assert.equal(padToWidth("12", 4, "right"), "  12");
  assert.equal(padToWidth("longer", 4, "right"), "longer");
});

test("lines break between words, and a long word stays whole", () => {
  assert.deepEqual(wrapText("one two three", 7), ["one two", "three"]);
  assert.deepEqual(wrapText("a verylongword b", 5), ["a", "verylongword", "b"]);
  assert.deepEqual(wrapText("  ", 5), []);
});

test("a text of the corpus cannot command the terminal", () => {
  assert.equal(printableText("red \u001b[31mtext\u0007"), "red \\u{1b}[31mtext\\u{7}");
  assert.equal(printableText("c1 \u009b2J"), "c1 \\u{9b}2J");
  assert.equal(printableText("right\u202eleft"), "right\\u{202e}left");
  assert.equal(printableText("lone \ud83d surrogate"), "lone \\u{d83d} surrogate");
  assert.equal(printableText("one\r\n\ttwo"), "one two");
  assert.equal(printableText("columns  stay — apart"), "columns  stay — apart");
  assert.equal(printableText("👩‍👩‍👧 한국어"), "👩‍👩‍👧 한국어");
});
