/** The options of an object store reach LanceDB, and what is secret in them reaches nothing else. */
import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runHere } from "../support/run-here.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const secret = "a-secret-that-nobody-may-read";
const logIn = (cwd: string): string[] => ["--log", join(cwd, "log.jsonl")];

/** A server that lets nobody in, and the `authorization` headers of those who asked. */
async function closedStore(context: TestContext): Promise<{ endpoint: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.authorization ?? "");
    response.writeHead(403, { "content-type": "application/xml" });
    response.end("<Error><Code>AccessDenied</Code><Message>not you</Message></Error>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => server.close());
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

test("a store that refuses the credentials is told apart, and they are in no output or file", async (context) => {
  const cwd = await temporaryFolder(context);
  const { endpoint, asked } = await closedStore(context);
  await writeFile(
    join(cwd, "reembed.config.json"),
    JSON.stringify({
      db: "s3://bucket/db",
      storageOptions: { endpoint, allow_http: "true", region: "eu-1" },
    }),
  );
  const keys = { aws_access_key_id: "who", aws_secret_access_key: secret };
  const env = { REEMBED_STORAGE_OPTIONS: JSON.stringify(keys) };
  const run = await runHere(["versions", "--table", "docs", ...logIn(cwd)], { cwd, env });
  assert.equal(run.exitCode, 6, JSON.stringify(run.last));
  assert.ok(asked.length > 0, "the endpoint of the file was asked");
  assert.match(asked[0] ?? "", /Credential=who\/\d+\/eu-1\/s3/, "with the key of the variable");
  assert.ok(!JSON.stringify(run).includes(secret));
  assert.deepEqual(await filesWith(cwd, secret), []);
});

test("a run with secret options leaves them in no output, log, lock file or table", async (context) => {
  const cwd = await temporaryFolder(context);
  const db = ["--db", join(cwd, "db"), "--table", "docs"];
  const env = { REEMBED_STORAGE_OPTIONS: JSON.stringify({ aws_secret_access_key: secret }) };
  const source = join(cwd, "docs.jsonl");
  await writeFile(source, '{"id":"a","text":"one"}\n{"id":"b","text":"two"}\n');
  const model = ["--to", "bundled:potion-base-4m-int8"];
  for (const args of [
    ["import", source, "--key", "id", "--text", "text"],
    ["plan", ...model],
    ["backfill", ...model],
    ["versions", "--history"],
  ]) {
    const run = await runHere([...args, ...db, ...logIn(cwd)], { cwd, env });
    assert.equal(run.exitCode, 0, JSON.stringify(run.last));
    assert.ok(!JSON.stringify(run).includes(secret), args[0]);
  }
  assert.deepEqual(await filesWith(cwd, secret), []);
  assert.notDeepEqual(await filesWith(cwd, "bundled:potion"), [], "the search finds what is there");
});

test("options of another form are refused without showing them", async (context) => {
  const cwd = await temporaryFolder(context);
  for (const given of [`{"aws_secret_access_key": ["${secret}"]}`, secret]) {
    const env = { REEMBED_STORAGE_OPTIONS: given };
    const run = await runHere(["versions", "--table", "docs"], { cwd, env });
    assert.equal(run.exitCode, 2);
    assert.match(String(run.last["message"]), /REEMBED_STORAGE_OPTIONS: .*may be a secret and is not shown/);
    assert.ok(!JSON.stringify(run).includes(secret));
  }
});

/** Names of the files under a folder that hold these bytes. */
async function filesWith(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && (await readFile(path)).includes(text)) found.push(path);
  }
  return found;
}
