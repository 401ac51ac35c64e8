import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { mergeCalendars, parseDeprecations } from "../../src/config/deprecation-calendar.ts";
import { readModelCatalog } from "../../src/config/model-catalog.ts";
import { parseJsonLines, readJsonLines } from "../../src/config/read-json-lines.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const schema = z.strictObject({ day: z.iso.date(), count: z.int().default(1) });

test("each line is checked, and what is wrong is told with the file and the line", async (context) => {
  const file = join(await temporaryFolder(context), "days.jsonl");
  await writeFile(file, '{"day":"2026-01-01"}\r\n\n{"day":"2026-01-02","count":3}\n');
  assert.deepEqual(await readJsonLines(file, schema, "the days"), [
    { day: "2026-01-01", count: 1 },
    { day: "2026-01-02", count: 3 },
  ]);
  for (const [text, message] of [
    ['{"day":"2026-01-01"}\n{"day":', /^days:2 is no JSON/],
    ['{"day":"2026-02-30"}', /^days:1: day: /],
    ['\n{"day":"2026-01-01","count":0.5}', /^days:2: count: /],
    ['{"day":"2026-01-01","dya":1}', /^days:1: line: .*dya/],
    ["7", /^days:1: line: /],
  ] as const) {
    assert.throws(() => parseJsonLines(text, schema, "days"), { code: "REEMBED_CONFIG_INVALID", message });
  }
  await assert.rejects(readModelCatalog([join(file, "none")]), {
    code: "REEMBED_CONFIG_UNREADABLE",
    message: /^the table of hosted models .*none cannot be read/,
  });
});

const line = (model: string, shutdown: string): string =>
  JSON.stringify({
    provider: "voyage",
    model,
    announced: null,
    shutdown,
    replacement: null,
    source: "https://example.test/ends",
    asOf: "2026-01-01",
  });

test("of several calendars the later one's entry for a model wins", () => {
  const calendars = [
    [line("a", "2026-05-01"), line("b", "2026-05-01")],
    [line("b", "2026-06-01"), line("c", "2026-06-01")],
  ].map((lines) => parseDeprecations(lines.join("\n"), "calendar"));
  assert.deepEqual(
    mergeCalendars(calendars).map(({ model, shutdown }) => `${model} ${shutdown}`),
    ["a 2026-05-01", "b 2026-06-01", "c 2026-06-01"],
  );
});
