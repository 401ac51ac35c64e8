import assert from "node:assert/strict";
import { test } from "node:test";
import { retryConflict } from "../../src/store/retry-conflict.ts";
import { isConflict, lostScratchFiles } from "../../src/store/store-error.ts";
import { code } from "./support.ts";

/** As LanceDB said it. */
const lostScratch = new Error(
  "lance error: Not found: /tmp/.tmp5Lu7lW/ivf_1.lance, lance-io-12.0.0/src/object_store.rs:1615:12",
);

test("scratch files that an index build lost are told from files of the table", () => {
  assert.ok(lostScratchFiles(lostScratch) && !isConflict(lostScratch));
  assert.ok(!lostScratchFiles(new Error("lance error: Not found: /data/docs.lance/data/0011.lance")));
});

test("such a build is tried again; a file of the table that is missing is not", async () => {
  let tries = 0;
  const built = await retryConflict("the index cannot be built", "REEMBED_STORE_WRITE_FAILED", async () => {
    tries += 1;
    if (tries < 3) throw lostScratch;
    return "built";
  });
  assert.deepEqual([built, tries], ["built", 3]);
  const missing = retryConflict("the index cannot be built", "REEMBED_STORE_WRITE_FAILED", async () => {
    throw new Error("lance error: Not found: /data/docs.lance/data/0011.lance");
  });
  await assert.rejects(() => missing, code("REEMBED_STORE_WRITE_FAILED"));
});
