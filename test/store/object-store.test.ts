/**
 * Tables on an S3-compatible server. It must honour conditional puts, and have a bucket `reembed`:
 *
 *     moto_server -H 127.0.0.1 -p 5555 &
 *     curl -X PUT http://127.0.0.1:5555/reembed
 *     REEMBED_TEST_S3=http://127.0.0.1:5555 node --test test/store/object-store.test.ts
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { env } from "node:process";
import { test } from "node:test";
import { openStore } from "../../src/store/open-store.ts";
import { addVersion, coverage, fill, importBatches, numberedRows } from "./support.ts";

const endpoint = env["REEMBED_TEST_S3"];
const skip =
  endpoint === undefined
    ? "REEMBED_TEST_S3 names no S3-compatible server (see the head of this file)"
    : false;
const secret = "a-secret-that-nobody-may-read";

const optionsFor = (url: string): Record<string, string> => ({
  aws_access_key_id: "test",
  aws_secret_access_key: secret,
  region: "us-east-1",
  endpoint: url,
  allow_http: "true",
});

test("a table on S3 is filled from two connections, by leases that one of many gets", { skip }, async () => {
  const options = { storageOptions: optionsFor(endpoint as string), fragment: { rows: 500, bytes: 1 << 26 } };
  const uri = `s3://reembed/${randomUUID()}`;
  const store = await openStore(uri, options);
  const other = await openStore(uri, options);
  await importBatches(store, "t", [numberedRows(0, 1500)]);
  const one = await store.openTable("t");
  const two = await other.openTable("t");
  const v1 = await addVersion(one, "v1", 16);
  await one.prepareForPatches();
  assert.equal(await fill(one, v1), 1500);
  await one.buildIndex(v1, "ivf_flat");

  const leases = [one, two, one, two].map((table) => table.leases(v1, 60_000));
  const taken = await Promise.all(leases.map((each) => each.take([["stale"]], 1)));
  assert.equal(taken.flat().length, 1, "commits are atomic");
  for (const each of leases) await each.close();

  const v2 = await addVersion(one, "v2", 16);
  const v3 = await addVersion(two, "v3", 8);
  assert.deepEqual(await Promise.all([fill(one, v2), fill(two, v3)]), [1500, 1500]);
  assert.equal(await coverage(one, v1), "1500/0");
  await store.close();
  await other.close();
});

test("an object store out of reach is an error without its credentials", { skip }, async () => {
  await assert.rejects(
    async () => {
      const store = await openStore("s3://reembed/db", {
        storageOptions: optionsFor("http://127.0.0.1:1"),
      });
      await store.tableNames();
    },
    (error: Error) => !JSON.stringify([error.message, error]).includes(secret),
  );
});
