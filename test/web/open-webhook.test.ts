import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Alert } from "../../src/core/alerts.ts";
import { openWebhook, type WebhookOptions, webhookPace } from "../../src/web/open-webhook.ts";
import { readWebhookSecret } from "../../src/web/webhook-secret.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { startWebServer } from "../support/web-server.ts";

const secret = "correct horse battery";

const alert: Alert = {
  key: "job canary v1 REEMBED_CANARY_TRIPPED",
  kind: "job-failed",
  table: "docs",
  versions: ["v1"],
  level: null,
  job: "canary",
  code: "REEMBED_CANARY_TRIPPED",
  message: "the model gives other vectors",
};
const entry = { key: alert.key, id: "one", raisedAt: "2026-01-01T00:00:00.000Z", sentAt: null };

function open(url: string, waited: number[], more: Partial<WebhookOptions> = {}) {
  return openWebhook({
    ...webhookPace,
    url: `${url}/T0/hush?key=hush`,
    secret,
    nowMs: () => 1_750_000_000_123,
    wait: async (ms) => void waited.push(ms),
    ...more,
  });
}

test("an alert is one signed request", async (context) => {
  const web = await startWebServer(context, (response) => response.writeHead(204).end());
  const waited: number[] = [];
  await open(web.url, waited).post(alert, entry);
  const [request, ...more] = web.asked;
  assert.deepEqual([more, waited], [[], []]);
  assert.deepEqual([request?.method, request?.path], ["POST", "/T0/hush?key=hush"]);
  assert.equal(request?.headers["content-type"], "application/json");
  // Made by `printf '1750000000.%s' "$body" | openssl dgst -sha256 -hmac 'correct horse battery'`.
  assert.equal(
    request.body,
    '{"id":"one","kind":"job-failed","table":"docs","versions":["v1"],"level":null,"job":"canary","code":"REEMBED_CANARY_TRIPPED","message":"the model gives other vectors","raisedAt":"2026-01-01T00:00:00.000Z"}',
  );
  assert.equal(
    request.headers["reembed-signature"],
    "t=1750000000,v1=655e3518380ae76ef8d9b62c3687220158c4aaeb332a75431e087659909b2172",
  );
});

test("a server that is busy or down is asked three times, one that refuses once; the address stays hidden", async (context) => {
  for (const [answer, attempts, code, message] of [
    [500, 3, "REEMBED_ALERTS_UNDELIVERED", /status 500 \(3 attempts\); the next run of the jobs sends it/],
    [429, 3, "REEMBED_ALERTS_UNDELIVERED", /status 429 \(3 attempts\)/],
    [403, 1, "REEMBED_ALERTS_REFUSED", /status 403 \(1 attempt\)/],
    [302, 1, "REEMBED_ALERTS_REFUSED", /it redirects, which is not followed/],
  ] as const) {
    const web = await startWebServer(context, (response) =>
      response.writeHead(answer, { location: "/elsewhere" }).end("sorry"),
    );
    const waited: number[] = [];
    await assert.rejects(open(web.url, waited).post(alert, entry), (error: Error) => {
      assert.equal((error as Error & { code: string }).code, code);
      assert.match(error.message, message);
      assert.ok(error.message.includes(`the webhook at ${web.url} did not`));
      assert.doesNotMatch(error.message, /hush/);
      return true;
    });
    assert.equal(web.asked.length, attempts, String(answer));
    assert.deepEqual(waited, attempts === 3 ? [1_000, 4_000] : []);
  }
});

test("the attempt that is taken ends it; a silent server is left after the time", async (context) => {
  const web = await startWebServer(context, (response) => response.writeHead(503).end());
  const waited: number[] = [];
  const wait = async (): Promise<void> => {
    web.answer = (response) => response.writeHead(200).end("ok");
  };
  await open(web.url, waited, { wait }).post(alert, entry);
  assert.equal(web.asked.length, 2);

  web.answer = () => {};
  await assert.rejects(open(web.url, waited, { timeoutMs: 50, waitsMs: [0] }).post(alert, entry), {
    code: "REEMBED_ALERTS_UNDELIVERED",
    message: /no complete answer within 0\.05 s \(2 attempts\)/,
  });
  const stopped = new AbortController();
  const posting = open(web.url, waited, { signal: stopped.signal }).post(alert, entry);
  stopped.abort();
  await assert.rejects(posting, { code: "REEMBED_INTERRUPTED" });
});

test("the secret comes from the environment or a file, and must be one", async (context) => {
  const file = join(await temporaryFolder(context), "secret");
  await writeFile(file, `${secret}\n`);
  assert.equal(await readWebhookSecret({ REEMBED_ALERTS_SECRET: secret }), secret);
  assert.equal(await readWebhookSecret({ REEMBED_ALERTS_SECRET_FILE: file }), secret);
  for (const [env, code, message] of [
    [{}, "REEMBED_CONFIG_INVALID", /there is none: set REEMBED_ALERTS_SECRET/],
    [{ REEMBED_ALERTS_SECRET: "short" }, "REEMBED_CONFIG_INVALID", /it has 5 characters only/],
    [{ REEMBED_ALERTS_SECRET_FILE: `${file}s` }, "REEMBED_CONFIG_UNREADABLE", /cannot be read/],
  ] as const) {
    await assert.rejects(readWebhookSecret(env), { code, message });
  }
});
