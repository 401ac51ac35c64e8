/** What docs/jobs-and-serve.md shows must work as it stands. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { commands } from "../../src/cli/commands.ts";
import { parseDeprecations } from "../../src/config/deprecation-calendar.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { jobNames } from "../../src/core/verbs-jobs.ts";
import { createMetrics } from "../../src/serve/metrics.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const text = await readFile(fileURLToPath(new URL("../../docs/jobs-and-serve.md", import.meta.url)), "utf8");

function blocks(language: string): string[] {
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))].map(
    ([, block = ""]) => block,
  );
}

test("its configurations are taken, and its line of the calendar is one", async (context) => {
  const json = blocks("json");
  const [config = ""] = json;
  const entry = json.find((block) => block.includes('"shutdown"')) ?? "";
  const cwd = await temporaryFolder(context);
  await writeFile(join(cwd, "reembed.config.json"), config);
  const loaded = await loadConfig({ cwd, env: {}, flags: {} });
  assert.equal(loaded.jobs.follow, "switch");
  const [parsed] = parseDeprecations(JSON.stringify(JSON.parse(entry)), "jobs-and-serve.md");
  const calendar = await readFile(
    fileURLToPath(new URL("../../datasets/providers/deprecations.jsonl", import.meta.url)),
    "utf8",
  );
  assert.deepEqual(
    parseDeprecations(calendar, "calendar").find(({ model }) => model === parsed?.model),
    parsed,
  );
});

test("its commands, jobs and metrics are all there", async () => {
  for (const [, name = ""] of text.matchAll(/reembed ([a-z-]+)/g)) assert.ok(name in commands, name);
  for (const job of jobNames) assert.match(text, new RegExp(`\\| \`${job}\``));
  const named = [...(await createMetrics(Date.now).render(null)).matchAll(/^# TYPE (\S+)/gm)].map(
    ([, name = ""]) => name,
  );
  const braces = text.replace(
    "reembed_version_{covered,stale,missing}_rows",
    "reembed_version_covered_rows reembed_version_stale_rows reembed_version_missing_rows",
  );
  for (const name of named) assert.ok(braces.includes(name), name);
});
