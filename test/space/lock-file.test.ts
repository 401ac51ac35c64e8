import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { addToLock, compareWithLock, readLock, writeLock } from "../../src/space/lock-file.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const digest = (digit: string): string => digit.repeat(64);
const file = (path: string, digit: string) => ({ path, sha256: digest(digit), bytes: 3 });

test("a lock that is not there is empty; what was written is read back, sorted, with nothing beside it", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "reembed.lock.json");
  const empty = await readLock(path);
  assert.deepEqual(empty, { lockVersion: 1, packages: {} });

  const lock = addToLock(addToLock(empty, "local:b", [file("z", "2"), file("a", "1")]), "local:a", [
    file("m", "3"),
  ]);
  await writeLock(path, lock);
  assert.deepEqual(await readLock(path), lock);
  assert.deepEqual(await readdir(folder), ["reembed.lock.json"]);
  const written = await readFile(path, "utf8");
  assert.ok(written.indexOf("local:a") < written.indexOf("local:b"));
  assert.ok(written.indexOf('"a"') < written.indexOf('"z"'));
  assert.ok(written.endsWith("}\n"));
});

test("files are locked, unpinned, or in conflict", () => {
  const lock = addToLock({ lockVersion: 1, packages: {} }, "local:a", [file("x", "1")]);
  assert.deepEqual(compareWithLock(lock, "local:a", [file("x", "1")]), { state: "locked" });
  assert.deepEqual(compareWithLock(lock, "local:a", [file("x", "1"), file("y", "2")]), {
    state: "unpinned",
    files: ["y"],
  });
  assert.deepEqual(compareWithLock(lock, "local:other", [file("x", "1")]), {
    state: "unpinned",
    files: ["x"],
  });
  assert.deepEqual(compareWithLock(lock, "local:a", [file("x", "9")]), {
    state: "mismatch",
    file: "x",
    locked: digest("1"),
    found: digest("9"),
  });
});

test("a second onnxFile of a package joins the entry of the first", () => {
  const lock = addToLock({ lockVersion: 1, packages: {} }, "local:a", [file("x", "1")]);
  const both = addToLock(lock, "local:a", [file("y", "2")]);
  assert.deepEqual(compareWithLock(both, "local:a", [file("x", "1"), file("y", "2")]), { state: "locked" });
});

test("what is no lock is refused with the reason", async (t) => {
  const path = join(await temporaryFolder(t), "reembed.lock.json");
  const broken = [
    ["{", /JSON/],
    ['{"lockVersion":2,"packages":{}}', /lockVersion is 2/],
    ['{"lockVersion":1}', /packages is missing/],
    ['{"lockVersion":1,"packages":{"local:a":{}}}', /files is missing/],
    ['{"lockVersion":1,"packages":{"local:a":{"files":{"x":{"sha256":"12"}}}}}', /no sha256/],
  ] as const;
  for (const [text, message] of broken) {
    await writeFile(path, text);
    await assert.rejects(readLock(path), { code: "REEMBED_CONFIG_INVALID", message });
  }
});
