import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { ReembedError } from "../../src/core/errors.ts";
import { cleanFolder } from "../../src/quickstart/clean-folder.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

test("a second quickstart finds the first, and starts clean", async (context) => {
  const folder = join(await temporaryFolder(context), "try");
  assert.equal(await cleanFolder(folder), false);
  await writeFile(join(folder, "old.txt"), "old");
  await mkdir(join(folder, "db"));
  assert.equal(await cleanFolder(folder), true);
  assert.deepEqual(await readdir(folder), [".reembed-quickstart"]);
});

test("a folder of something else is not touched", async (context) => {
  const folder = await temporaryFolder(context);
  await writeFile(join(folder, "thesis.txt"), "years of work");
  await assert.rejects(cleanFolder(folder), (error) => {
    assert.ok(error instanceof ReembedError);
    assert.equal(error.code, "REEMBED_USAGE");
    assert.match(error.message, /--folder/);
    return true;
  });
  assert.deepEqual(await readdir(folder), ["thesis.txt"]);
});
