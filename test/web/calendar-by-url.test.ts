import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parseDeprecations } from "../../src/config/deprecation-calendar.ts";
import { keepCopies } from "../../src/state/keep-copies.ts";
import { calendarByUrl } from "../../src/web/calendar-by-url.ts";
import { fetchText } from "../../src/web/fetch-text.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { startWebServer } from "../support/web-server.ts";

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

const hourMs = 3_600_000;
const startMs = Date.parse("2026-03-01T12:00:00Z");
const none = { etag: null, lastModified: null };

test("a calendar is asked for once an hour, then only whether it changed, and its copy stands in for it", async (context) => {
  const folder = await temporaryFolder(context);
  const web = await startWebServer(context, (response, { headers }) => {
    if (headers["if-none-match"] === '"one"') response.writeHead(304).end();
    else response.writeHead(200, { etag: '"one"' }).end(`${line("voyage-1", "2026-05-01")}\n`);
  });
  let nowMs = startMs;
  // Each is another process: only the folder is shared.
  const read = () =>
    calendarByUrl({
      url: `${web.url}/ends.jsonl?token=hush`,
      copies: keepCopies(folder),
      parse: parseDeprecations,
      nowMs: () => nowMs,
    })();
  const models = async () => (await read()).entries.map(({ model, shutdown }) => `${model} ${shutdown}`);

  assert.deepEqual(await models(), ["voyage-1 2026-05-01"]);
  assert.deepEqual(await models(), ["voyage-1 2026-05-01"]);
  assert.equal(web.asked.length, 1, "the copy is fresh");
  nowMs += hourMs;
  assert.deepEqual(await models(), ["voyage-1 2026-05-01"]);
  assert.deepEqual(await models(), ["voyage-1 2026-05-01"]);
  assert.equal(web.asked.length, 2, "unchanged is fresh again");

  nowMs += hourMs;
  web.answer = (response) => response.writeHead(200).end(line("voyage-1", "2026-06-01"));
  assert.deepEqual(await models(), ["voyage-1 2026-06-01"]);

  const told = async (hours: number): Promise<string> => {
    nowMs += hours * hourMs;
    const { entries, notes } = await read();
    assert.equal(entries[0]?.shutdown, "2026-06-01", "the last good copy");
    assert.equal(notes.length, 1);
    assert.doesNotMatch(notes[0] ?? "", /hush/);
    return notes[0] ?? "";
  };
  web.answer = (response) => response.writeHead(500).end();
  assert.equal(
    await told(5),
    `the calendar of deprecations could not be had: ${web.url}/ends.jsonl cannot be read: it answers with status 500; the copy of 2026-03-01 14:00 UTC is used, 5 hours old`,
  );
  web.answer = (response) =>
    response.writeHead(200).end(`${line("voyage-1", "2026-07-01")}\n{"provider":"voyage","modle":"x"}\n`);
  assert.match(
    await told(67),
    /ends\.jsonl:2: model: .*; the copy of 2026-03-01 14:00 UTC is used, 3 days old/,
  );
  web.answer = (response) => response.writeHead(200).end("<html>");
  assert.match(await told(1), /ends\.jsonl:1 is no JSON/);
  web.answer = (response) => response.destroy();
  assert.match(await told(1), /cannot be read: (other side closed|UND_ERR_SOCKET|ECONNRESET)/);
});

test("without an earlier copy nothing of it is known, which is told; a damaged copy is none", async (context) => {
  const folder = await temporaryFolder(context);
  const web = await startWebServer(context, (response) => response.writeHead(404).end());
  let nowMs = startMs;
  const url = `${web.url}/ends.jsonl`;
  const options = { url, copies: keepCopies(folder), parse: parseDeprecations, nowMs: () => nowMs };
  const read = calendarByUrl(options);
  const { entries, notes } = await read();
  assert.deepEqual(entries, []);
  assert.match(notes[0] ?? "", /status 404; there is no earlier copy of it/);
  assert.deepEqual((await read()).notes, notes);
  assert.equal(web.asked.length, 1, "a server that is down is left alone for a minute");

  nowMs += 61_000;
  web.answer = (response) => response.writeHead(200).end(line("voyage-1", "2026-05-01"));
  assert.deepEqual((await read()).notes, []);
  const [file = ""] = await readdir(folder);
  await writeFile(join(folder, file), '{"text":');
  assert.equal((await calendarByUrl(options)()).entries.length, 1);
  assert.equal(web.asked.length, 3, "had anew");
});

test("a folder that cannot be written to keeps nothing, and the calendar is used all the same", async (context) => {
  const folder = await temporaryFolder(context);
  await writeFile(join(folder, "file"), "");
  const web = await startWebServer(context, (response) =>
    response.writeHead(200).end(line("voyage-1", "2026-05-01")),
  );
  const { entries, notes } = await calendarByUrl({
    url: `${web.url}/ends.jsonl`,
    copies: keepCopies(join(folder, "file")),
    parse: parseDeprecations,
    nowMs: () => startMs,
  })();
  assert.equal(entries.length, 1);
  assert.match(notes.join("\n"), /could not be kept for when it is down: /);
});

test("answers are bounded in time and in size, and must be UTF-8", async (context) => {
  const web = await startWebServer(context, (response, { path }) => {
    if (path === "/silent") return;
    if (path === "/stuck") response.writeHead(200).write("{");
    else if (path === "/latin") response.writeHead(200).end(Buffer.from([0xe9]));
    else response.writeHead(200).end("x".repeat(2_000));
  });
  const bounds = { timeoutMs: 100, maxBytes: 1_999 };
  for (const [path, message] of [
    ["/silent", /no complete answer within 0\.1 s/],
    ["/stuck", /no complete answer within 0\.1 s/],
    ["/long", /longer than 1999 bytes/],
    ["/latin", /no UTF-8/],
  ] as const) {
    await assert.rejects(fetchText(web.url + path, none, bounds), {
      code: "REEMBED_CONFIG_UNREADABLE",
      message,
    });
  }
  assert.deepEqual(await fetchText(`${web.url}/long`, none, { ...bounds, maxBytes: 2_000 }), {
    state: "new",
    text: "x".repeat(2_000),
    ...none,
  });
});
