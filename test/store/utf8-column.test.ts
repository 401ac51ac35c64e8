import assert from "node:assert/strict";
import { test } from "node:test";
import { arrow } from "../../src/arrow.ts";
import { readStrings } from "../../src/store/utf8-column.ts";

const type = new arrow.Utf8();
const strings: Readonly<Record<string, readonly (string | null)[]>> = {
  "plain ASCII": ["a", "", "two words", "x".repeat(300)],
  "ASCII with nulls": ["a", null, "", "b", null],
  "every width of UTF-8": ["é", "", "語", "🜚", "a"],
  "nulls among them": [null, "ü", null],
  "nothing but empty strings": ["", ""],
  nothing: [],
};

for (const [what, values] of Object.entries(strings)) {
  test(`reads ${what}`, () => {
    const column = arrow.vectorFromArray(values, type);
    assert.deepEqual(readStrings(column), [...values]);
    // A part of a column shares its memory, and starts where its parent does not.
    assert.deepEqual(readStrings(column.slice(1)), values.slice(1));
    assert.deepEqual(readStrings(column.concat(column)), [...values, ...values]);
  });
}
