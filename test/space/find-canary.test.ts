import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { canaryTolerances, type CanaryRecord, makeCanaryRecord } from "../../src/core/canary.ts";
import { canaryTexts } from "../../src/core/canary-texts.ts";
import type { SpaceDescription } from "../../src/core/space.ts";
import { findCanary, pinCanary } from "../../src/space/find-canary.ts";
import type { PackageLocation } from "../../src/space/locate-package.ts";
import { addToLock, readLock, writeLock } from "../../src/space/lock-file.ts";
import { makeSpace } from "../../src/space/space-id.ts";
import { bundledFolder } from "./model-package.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const description = {
  format: 1,
  kind: "onnx",
  model: "m",
  dimensions: 4,
  quantisation: "int8-dynamic",
  instructionClass: "x64-avx2",
} as SpaceDescription;
const here = makeSpace(description);
const elsewhere = makeSpace({ ...description, instructionClass: "arm64-i8mm" });
const location: PackageLocation = { folder: "m", model: "m", lockKey: "local:m", pinnedBy: "lock" };

function recordOf(space = here, fill = 1): CanaryRecord {
  const vectors = new Float32Array(canaryTexts.length * 4).fill(fill);
  const { instructionClass } = space.description;
  return makeCanaryRecord(space, vectors, { instructionClass, noiseFloor: 0, pinnedAtMs: 0 });
}

const lockOf = async (t: TestContext): Promise<string> => join(await temporaryFolder(t), "reembed.lock.json");

test("a space without a record has no canary; with one, it is found with the tolerance of its kind", async (t) => {
  const lockFile = await lockOf(t);
  assert.equal(await findCanary(location, lockFile, here), null);
  await pinCanary(lockFile, location.lockKey, recordOf());
  assert.deepEqual(await findCanary(location, lockFile, here), {
    record: recordOf(),
    tolerance: canaryTolerances["int8-dynamic"].sameClass,
    pinnedIn: lockFile,
  });
  const other = makeSpace({ ...description, documentPrompt: "query: " });
  assert.equal(await findCanary(location, lockFile, other), null);
});

test("the record of another class of CPU serves, with a wider tolerance, until this class has its own", async (t) => {
  const lockFile = await lockOf(t);
  await pinCanary(lockFile, location.lockKey, recordOf(elsewhere));
  const found = await findCanary(location, lockFile, here);
  assert.equal(found?.record.spaceId, elsewhere.id);
  assert.equal(found?.tolerance, canaryTolerances["int8-dynamic"].otherClass);
  await pinCanary(lockFile, location.lockKey, recordOf());
  assert.equal((await findCanary(location, lockFile, here))?.record.spaceId, here.id);
});

test("a record of other fixed texts is as none", async (t) => {
  const lockFile = await lockOf(t);
  await pinCanary(lockFile, location.lockKey, { ...recordOf(), textsDigest: "0".repeat(16) });
  assert.equal(await findCanary(location, lockFile, here), null);
});

test("pinning replaces the record of the space alone, and keeps what else the lock has", async (t) => {
  const lockFile = await lockOf(t);
  const files = [{ path: "x", sha256: "1".repeat(64), bytes: 3 }];
  await writeLock(lockFile, addToLock(await readLock(lockFile), "local:m", files));
  await pinCanary(lockFile, "local:m", recordOf(elsewhere));
  await pinCanary(lockFile, "local:m", recordOf(here, 1));
  await pinCanary(lockFile, "local:m", recordOf(here, 2));
  await pinCanary(lockFile, "local:other", recordOf(here, 3));
  const { packages } = await readLock(lockFile);
  assert.deepEqual(Object.keys(packages["local:m"]?.files ?? {}), ["x"]);
  assert.deepEqual(new Set(packages["local:m"]?.canaries), new Set([recordOf(elsewhere), recordOf(here, 2)]));
  assert.deepEqual(packages["local:other"]?.canaries, [recordOf(here, 3)]);
});

test("a damaged record makes the lock unreadable, with the reason", async (t) => {
  const lockFile = await lockOf(t);
  await pinCanary(lockFile, location.lockKey, recordOf());
  const text = await readFile(lockFile, "utf8");
  await writeFile(lockFile, text.replace('"noiseFloor": 0', '"noiseFloor": 7'));
  await assert.rejects(findCanary(location, lockFile, here), {
    code: "REEMBED_CONFIG_INVALID",
    message: /packages\["local:m"\]\.canaries: noiseFloor/,
  });
});

test("the shipped packages have theirs in the manifest", async (t) => {
  const name = "potion-base-4m-int8";
  const folder = join(bundledFolder, name);
  const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")) as {
    canaries: CanaryRecord[];
  };
  const [record] = manifest.canaries;
  const space = { id: record?.spaceId ?? "", description: { ...description, kind: "static" } as const };
  const shipped: PackageLocation = { folder, model: name, lockKey: `bundled:${name}`, pinnedBy: "manifest" };
  const found = await findCanary(shipped, await lockOf(t), space);
  assert.deepEqual(found?.record, record);
  assert.equal(found?.pinnedIn, join(folder, "manifest.json"));
});
