import assert from "node:assert/strict";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { test, type TestContext } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { mustRun, runCli } from "../support/cli.ts";
import { mustRunHere, runHere } from "../support/run-here.ts";
import { type HubServer, type HubServerOptions, revision, startHub } from "../support/hub-server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const bundledFolder = fileURLToPath(new URL("../../datasets/models", import.meta.url));
const potion = join(bundledFolder, "potion-base-4m-int8");
const reference = `hf:owner/name@${revision}`;

type Files = readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[];

interface Place {
  readonly hub: HubServer;
  readonly cwd: string;
  readonly cache: string;
  readonly env: Record<string, string>;
}

/** A hub that has a real package, and an empty machine. */
async function place(t: TestContext, options: HubServerOptions = { folder: potion }): Promise<Place> {
  const hub = await startHub(t, options);
  const cwd = await temporaryFolder(t);
  const home = join(cwd, "home");
  return { hub, cwd, cache: join(home, "hub"), env: { HF_ENDPOINT: hub.endpoint, HF_HOME: home } };
}

test("a package is pulled at its commit, pinned with its vectors, and used offline", async (t) => {
  const { hub, cwd, cache, env } = await place(t);
  const pulled = await mustRun(["model", "pull", reference], { cwd, env });
  const files = pulled["files"] as Files;
  const lock = JSON.parse(await readFile(join(cwd, "reembed.lock.json"), "utf8")) as {
    packages: Record<string, { files: Record<string, { sha256: string }>; canaries: { spaceId: string }[] }>;
  };
  const entry = lock.packages[reference];
  assert.deepEqual(
    Object.entries(entry?.files ?? {}).map(([path, { sha256 }]) => [path, sha256]),
    files.map(({ path, sha256 }) => [path, sha256]),
  );
  assert.deepEqual(
    entry?.canaries.map(({ spaceId }) => spaceId),
    [pulled["spaceId"]],
  );
  assert.equal(pulled["folder"], join(cache, "models--owner--name", "snapshots", revision));
  // What decides no vector stays where it is, but for the licence.
  const names = hub.requests.map(({ path }) => path.split("/").at(-1) ?? "");
  assert.ok(names.includes("LICENSE") && !names.includes("manifest.json"), names.join(", "));

  const requests = hub.requests.length;
  const again = await mustRunHere(["model", "pull", reference], {
    cwd,
    env: { ...env, HF_HUB_OFFLINE: "1" },
  });
  assert.equal(again["downloadedBytes"], 0);
  const verified = await mustRunHere(["model", "verify", reference], { cwd, env });
  assert.deepEqual(verified["files"], files);
  assert.partialDeepStrictEqual(verified["canary"], { verdict: { kind: "noise" }, cosine: 1 });
  assert.equal(hub.requests.length, requests, "what is here and pinned needs no network");

  await writeFile(join(cwd, "docs.jsonl"), '{"id":1,"text":"a lighthouse on a rock"}\n');
  await mustRunHere(["import", join(cwd, "docs.jsonl"), "--table", "t", "--key", "id", "--text", "text"], {
    cwd,
    env,
  });
  const offline = { ...env, HF_HUB_OFFLINE: "1" };
  const run = await runHere(["backfill", "--table", "t", "--to", reference], { cwd, env: offline });
  assert.equal(run.exitCode, 0, run.stderr);
  assert.ok(!run.lines.some(({ event }) => event === "warning:raised"), "nothing was left to pin");
});

test("progress tells bytes that only grow, up to all of them", async (t) => {
  const { cwd, env } = await place(t);
  const { exitCode, lines } = await runHere(["model", "pull", reference], { cwd, env });
  assert.equal(exitCode, 0);
  const progress = lines.filter(({ event }) => event === "pull:progress");
  const bytes = progress.map((line) => Number(line["bytes"]));
  assert.ok(bytes.length > 1 && bytes.every((count, i) => i === 0 || count >= bytes[i - 1]!));
  assert.equal(bytes.at(-1), progress.at(-1)?.["totalBytes"]);
});

test("what names no commit is refused, with the commit to write where the hub can be asked", async (t) => {
  const { hub, cwd, env } = await place(t);
  for (const name of ["hf:owner/name", "hf:owner/name@main", "hf:owner/name@0123456", "owner/name"]) {
    const { exitCode, last } = await runHere(["model", "pull", name], { cwd, env });
    assert.equal(exitCode, 2, name);
    assert.equal(last["code"], "REEMBED_CONFIG_UNPINNED");
    // The hub of this test knows its branch, and no short hashes.
    if (!name.endsWith("0123456"))
      assert.match(String(last["message"]), new RegExp(`${reference} at this moment`));
  }
  const asked = hub.requests.length;
  const offline = { ...env, HF_HUB_OFFLINE: "yes" };
  const { exitCode, last } = await runHere(["model", "pull", "hf:owner/name@main"], { cwd, env: offline });
  assert.equal(exitCode, 2);
  assert.match(String(last["message"]), /write hf:owner\/name@<40 hex digits>/);
  assert.equal(hub.requests.length, asked);
});

test("offline, a package that is not here is refused with what forbids it", async (t) => {
  const { hub, cwd, env } = await place(t);
  const offline = { ...env, HF_HUB_OFFLINE: "1" };
  const { exitCode, last } = await runHere(["model", "pull", reference], { cwd, env: offline });
  assert.equal(exitCode, 4);
  assert.equal(last["code"], "REEMBED_HUB_OFFLINE");
  assert.deepEqual(hub.requests, []);
});

test("bytes that are not the hub's own leave no package and no pin behind", async (t) => {
  const wrong = { kind: "wrong" } as const;
  const { cwd, env } = await place(t, { folder: potion, faults: { "tokenizer.json": [wrong, wrong] } });
  const { exitCode, last } = await runHere(["model", "pull", reference], { cwd, env });
  assert.equal(exitCode, 4);
  assert.equal(last["code"], "REEMBED_HUB_DAMAGED");
  await assert.rejects(readFile(join(cwd, "reembed.lock.json")), { code: "ENOENT" });
  const used = await runHere(["model", "inspect", reference], { cwd, env });
  assert.equal(used.last["code"], "REEMBED_MODEL_MISSING");
  await mustRunHere(["model", "pull", reference], { cwd, env });
});

test("a token opens what is closed, and is written nowhere", async (t) => {
  const { cwd, env } = await place(t, { folder: potion, token: "hf_secret" });
  const refused = await runHere(["model", "pull", reference], { cwd, env });
  assert.equal(refused.exitCode, 4);
  assert.match(String(refused.last["message"]), /set HF_TOKEN/);
  const log = join(cwd, "log.ndjson");
  const { exitCode, lines, stderr } = await runHere(["model", "pull", reference, "--log", log], {
    cwd,
    env: { ...env, HF_TOKEN: "hf_secret" },
  });
  assert.equal(exitCode, 0);
  const written = [await readFile(log, "utf8"), await readFile(join(cwd, "reembed.lock.json"), "utf8")];
  assert.ok(![...written, JSON.stringify(lines), stderr].join("").includes("hf_secret"));
});

test("a folder and its file: address are one package; a file changed since is told by name", async (t) => {
  const cwd = await temporaryFolder(t);
  const folder = join(cwd, "my model");
  await cp(potion, folder, { recursive: true });
  const loose = await mustRunHere(["model", "inspect", `local:${folder}`], { cwd });
  assert.equal((loose["unpinned"] as string[]).length, 4);
  const unpinned = await runHere(["model", "verify", `local:${folder}`], { cwd });
  assert.deepEqual([unpinned.exitCode, unpinned.last["code"]], [2, "REEMBED_CONFIG_UNPINNED"]);

  const byFolder = await mustRunHere(["model", "pull", `local:${folder}`], { cwd });
  const byAddress = await mustRunHere(["model", "pull", pathToFileURL(folder).href], { cwd });
  assert.equal(byAddress["spaceId"], byFolder["spaceId"]);
  const { packages } = await mustRunHere(["model", "list"], { cwd });
  const own = (packages as { reference: string; present: boolean; spaceIds: string[] }[]).filter(
    (listed) => !listed.reference.startsWith("bundled:"),
  );
  assert.partialDeepStrictEqual(own, [
    { reference: "local:my model", present: true, spaceIds: [byFolder["spaceId"]] },
  ]);

  await writeFile(join(folder, "tokenizer.json"), "{}");
  const changed = await runHere(["model", "verify", `local:${folder}`], { cwd });
  assert.deepEqual([changed.exitCode, changed.last["code"]], [4, "REEMBED_MODEL_LOCK_MISMATCH"]);
  assert.match(String(changed.last["message"]), /one file is not what was pinned: tokenizer\.json/);
  await rm(join(folder, "tokenizer.json"));
  const gone = await runHere(["model", "verify", `local:${folder}`], { cwd });
  assert.deepEqual([gone.exitCode, gone.last["code"]], [4, "REEMBED_MODEL_FILE_MISSING"]);
});

test("vectors that are not the pinned ones are told by verify, with what changed", async (t) => {
  const cwd = await temporaryFolder(t);
  await cp(potion, join(cwd, "m"), { recursive: true });
  await mustRunHere(["model", "pull", `local:${join(cwd, "m")}`], { cwd });
  const lockFile = join(cwd, "reembed.lock.json");
  const lock = JSON.parse(await readFile(lockFile, "utf8")) as {
    packages: Record<string, { canaries: { vectors: string }[] }>;
  };
  const [record] = lock.packages["local:m"]!.canaries;
  const vectors = new Float32Array(Uint8Array.from(Buffer.from(record!.vectors, "base64")).buffer);
  record!.vectors = Buffer.from(vectors.toReversed().buffer).toString("base64");
  await writeFile(lockFile, JSON.stringify(lock));
  const { exitCode, last } = await runHere(["model", "verify", `local:${join(cwd, "m")}`], { cwd });
  assert.deepEqual([exitCode, last["code"]], [4, "REEMBED_MODEL_CANARY"]);
  assert.match(String(last["message"]), /the files are the pinned ones, and the model gives other vectors/);
  const texts = (last["details"] as { texts: unknown[] }).texts;
  assert.ok(texts.length > 15);
});

test("actions and references that are missing or too many are usage errors", async (t) => {
  const cwd = await temporaryFolder(t);
  const cases = [
    [["model"], /needs pull\|inspect\|verify\|list/],
    [["model", "pul", "x"], /did you mean pull/],
    [["model", "pull"], /model pull takes one REF/],
    [["model", "verify", "a", "b"], /model verify takes one REF/],
    [["model", "list", "a"], /model list takes no REF/],
  ] as const;
  for (const [args, message] of cases) {
    const { exitCode, last } = await runHere(args, { cwd });
    assert.equal(exitCode, 2, args.join(" "));
    assert.match(String(last["message"]), message);
  }
});

test("requests go through the proxy of the environment", async (t) => {
  const { hub, cwd, env } = await place(t);
  const tunnels: string[] = [];
  const proxy = createServer();
  proxy.on("connect", (request: IncomingMessage, client: Duplex) => {
    tunnels.push(request.url ?? "");
    const server = connect(Number(new URL(hub.endpoint).port), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      server.pipe(client).pipe(server);
    });
    server.on("error", () => client.destroy());
    client.on("error", () => server.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  t.after(() => proxy.close());
  const { port } = proxy.address() as AddressInfo;
  const behind = { ...env, HF_ENDPOINT: "http://hub.invalid", HTTP_PROXY: `http://127.0.0.1:${port}` };
  const run = await runCli(["model", "pull", "hf:owner/name@main"], { cwd, env: behind });
  assert.match(String(run.last["message"]), new RegExp(`${reference} at this moment`));
  assert.deepEqual(tunnels, ["hub.invalid:80"]);
});
