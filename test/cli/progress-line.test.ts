import assert from "node:assert/strict";
import { test } from "node:test";
import { type Activity, nextActivity } from "../../src/cli/activity.ts";
import { progressLine } from "../../src/cli/progress-line.ts";
import type { ReembedEvent } from "../../src/core/events.ts";

const planned: ReembedEvent = {
  event: "round:planned",
  version: "v2",
  round: 1,
  units: 12,
  rows: 117_791,
};

const progress: ReembedEvent = {
  event: "backfill:progress",
  version: "v2",
  rows: 53_000,
  totalRows: 117_791,
  tokens: 742_000,
  rowsPerSecond: 1_348,
  tokensPerSecond: 18_764,
  etaSeconds: 725,
  rssBytes: 181_000_000,
};

const committed: ReembedEvent = {
  event: "unit:committed",
  version: "v2",
  unit: 0,
  units: 12,
  rows: 32_768,
  deletedMeanwhile: 0,
  tableVersion: 7,
  seconds: 0.4,
};

/** What is going on after some events, all of them at the same moment. */
function after(...events: ReembedEvent[]): Activity {
  const activity = events.reduce<Activity | null>((now, event) => nextActivity(now, event, 0), null);
  assert.ok(activity !== null);
  return activity;
}

test("a backfill's line says share, rows, units, rate, tokens, time left and memory", () => {
  assert.equal(
    progressLine(after(planned, progress, committed), 0, 120),
    "v2  44 %  53,000/117,791 rows  1/12 units  1.35k texts/s  742k tokens at 18.8k/s  12 min 5 s left  181 MB memory",
  );
});

test("on narrower terminals it takes fewer words, then leaves counts out", () => {
  const activity = after(planned, progress);
  assert.deepEqual(
    [100, 80, 60, 40, 30, 20, 8].map((columns) => progressLine(activity, 0, columns)),
    [
      "v2  44 %  53,000/117,791 rows  0/12 units  1.35k/s  18.8k tok/s  12 min 5 s  181 MB",
      "v2  44 %  53,000/117,791 rows  1.35k/s  18.8k tok/s  12 min 5 s  181 MB",
      "v2  44 %  1.35k/s  18.8k tok/s  12 min 5 s  181 MB",
      "v2 44 % 1.35k/s 18.8ktok/s 12 min 181 MB",
      "v2 44 % 1.35k/s 12 min 181 MB",
      "v2  44 %  12 min 5 s",
      "v2 44 %…",
    ],
  );
});

test("it always fits", () => {
  const activities = [
    after(planned),
    after(planned, progress),
    after({ event: "import:started", table: "a".repeat(60), sources: ["x"] }),
    after({ event: "index:started", version: "v2", rows: 10 }),
    after({ event: "step:started", step: 1, steps: 8, title: "긴 제목 ".repeat(20) }),
  ];
  for (const activity of activities) {
    for (let columns = 1; columns <= 120; columns += 1) {
      const text = progressLine(activity, 5_000, columns);
      const wide = [...text].filter((character) => /\p{Script=Hangul}/u.test(character)).length;
      assert.ok(text.length + wide <= columns, `${columns}: ${text}`);
    }
  }
});

test("before there is a rate, it says what is awaited and for how long", () => {
  assert.equal(progressLine(after(planned), 2_400, 80), "v2: loading the model  2 s");
  assert.equal(
    progressLine(after({ ...progress, etaSeconds: null }), 3_000, 120),
    "v2  44 %  53,000/117,791 rows  1.35k texts/s  742k tokens at 18.8k/s  3 s  181 MB memory",
  );
});

test("an import's time left follows from the share of the source that was read", () => {
  const started: ReembedEvent = { event: "import:started", table: "docs", sources: ["docs.parquet"] };
  const read: ReembedEvent = {
    event: "import:progress",
    rows: 300_000,
    bytes: 25_000_000,
    share: 0.25,
    rowsPerSecond: 150_000,
    rssBytes: 240_000_000,
  };
  assert.equal(
    progressLine(after(started, read), 2_000, 120),
    "importing docs  25 %  300,000 rows  25 MB read  150k rows/s  6 s left  240 MB memory",
  );
  assert.equal(
    progressLine(after(started, { ...read, share: null }), 2_000, 120),
    "importing docs  300,000 rows  25 MB read  150k rows/s  2 s  240 MB memory",
  );
});

test("what takes time without events shows the time that it has taken", () => {
  assert.equal(
    progressLine(after({ event: "index:started", version: "v2", rows: 117_791 }), 61_000, 80),
    "building the index of v2  117,791 rows  1 min 1 s",
  );
  assert.equal(
    progressLine(after({ event: "eval:progress", version: "v2", queries: 250, total: 1_000 }), 3_000, 80),
    "searching v2  250/1,000 queries  3 s",
  );
});

test("counts go on over the rounds of a run, and an end clears the line", () => {
  const second = nextActivity(after(planned, progress), { ...planned, round: 2, rows: 40 }, 0);
  assert.equal(second?.kind === "backfill" && second.progress?.rows, 53_000);
  for (const end of [
    { event: "import:finished", table: "docs", rows: 1 },
    { event: "index:finished", version: "v2", indexCoverage: 1, indexType: "ivf_pq", seconds: 1 },
    { event: "step:finished", step: 1, lines: [], seconds: 1 },
  ] as const satisfies ReembedEvent[]) {
    assert.equal(nextActivity(after(planned), end, 0), null);
  }
});
