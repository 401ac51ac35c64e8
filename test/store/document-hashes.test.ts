import assert from "node:assert/strict";
import { test } from "node:test";
import { arrow } from "../../src/arrow.ts";
import { sourceHash } from "../../src/core/source-hash.ts";
import { documentsOf } from "../../src/store/batch-columns.ts";
import { documentHashes } from "../../src/store/document-hashes.ts";

const texts = [
  "plain",
  "",
  null,
  "naïve – 日本語 🎈",
  "\uFEFFmarked",
  "\uFEFF",
  "a\u0000b",
  "x".repeat(5000),
];

const batchOf = (type: "utf8" | "large") => {
  const of = type === "utf8" ? new arrow.Utf8() : new arrow.LargeUtf8();
  const table = new arrow.Table({ text: arrow.vectorFromArray(texts, of) });
  const [batch] = table.batches;
  assert.ok(batch !== undefined);
  return batch;
};

test("bytes hash as the strings do that a backfill reads: nulls, marks and slices too", () => {
  for (const corpus of [
    { key: "id", text: ["text"] as const },
    { key: "id", text: ["text", "text"] as const },
  ]) {
    for (const whole of [batchOf("utf8"), batchOf("large")]) {
      for (const batch of [whole, whole.slice(2, 7), whole.slice(4)]) {
        const expected = documentsOf(batch, corpus).map(sourceHash);
        assert.deepEqual([...documentHashes(batch, corpus)], expected);
      }
    }
  }
});
