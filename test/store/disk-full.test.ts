/** A disk that is full stops a patch with a typed error; what is there stays whole, and the run goes on later. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "@lancedb/lancedb";
import { openStore } from "../../src/store/open-store.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { addVersion, code, coverage, fill, fillFragment, numberedTable, vectorsByKey } from "./support.ts";

test("disk full in the middle of a fill", async (context) => {
  const folder = await temporaryFolder(context);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=48m", "tmpfs", folder]);
  if (mounted.status !== 0) {
    context.skip("a small file system cannot be mounted here; it takes root on Linux");
    return;
  }
  const unmount = (): void => void spawnSync("umount", ["--lazy", folder]);
  const store = await openStore(folder, { fragment: { rows: 1000, bytes: 1 << 26 } });
  try {
    const table = await numberedTable(store, 4000);
    const v1 = await addVersion(table, "v1", 64);
    await fill(table, v1);
    await table.buildIndex(v1, "ivf_flat");
    const before = await vectorsByKey(table, v1);
    const v2 = await addVersion(table, "v2", 256);
    await fillFragment(table, v2, 0);

    const ballast = join(folder, "ballast");
    const { bavail, bsize } = await statfs(folder);
    // Half a fragment's vectors may still be written.
    await writeFile(ballast, Buffer.alloc(bavail * bsize - 500 * 256 * 4));
    await assert.rejects(
      () => fillFragment(table, v2, 1),
      code("REEMBED_STORE_WRITE_FAILED", /a merge of 1000 rows into version v2 .*No space left/i),
    );
    await rm(ballast);

    assert.equal((await table.counts(v2)).covered, 1000, "nothing of the failed merge is there");
    assert.equal(await fill(table, v2), 3000);
    assert.deepEqual(await vectorsByKey(table, v1), before);
    assert.equal(await coverage(table, v1), "4000/0");
    assert.equal(
      (await (await (await connect(folder)).openTable("t")).stats()).fragmentStats.numFragments,
      4,
    );
  } finally {
    await store.close();
    unmount();
  }
});
