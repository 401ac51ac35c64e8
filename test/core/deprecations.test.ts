import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readDeprecations } from "../../src/config/deprecation-calendar.ts";
import {
  alertLevel,
  daysUntil,
  type Deprecation,
  deprecationAlerts,
  describeAlert,
  findDeprecation,
  lastSafeStart,
} from "../../src/core/deprecations.ts";
import { providerNames } from "../../src/core/model-reference.ts";

const entry = (model: string, shutdown: string, asOf = "2026-01-01"): Deprecation => ({
  provider: "voyage",
  model,
  announced: null,
  shutdown,
  replacement: "voyage-9",
  source: "https://example.test/ends",
  asOf,
});

test("days and levels turn at midnight UTC of the day itself", () => {
  const day = "2027-12-01";
  assert.equal(daysUntil(day, Date.parse("2027-11-30T23:59:59Z")), 1);
  assert.equal(daysUntil(day, Date.parse("2027-12-01T00:00:00Z")), 0);
  assert.deepEqual([91, 90, 31, 30, 8, 7, 1, 0, -400].map(alertLevel), [
    null,
    90,
    90,
    30,
    30,
    7,
    7,
    "ended",
    "ended",
  ]);
});

test("a model is found by provider and name, whatever its options; models on disk are not", () => {
  const calendar = [entry("voyage-1", "2027-01-01"), entry("voyage-1", "2027-06-01", "2026-02-01")];
  assert.equal(findDeprecation(calendar, "voyage:voyage-1?dimensions=256")?.shutdown, "2027-06-01");
  assert.equal(findDeprecation(calendar, "voyage:voyage-10"), null);
  assert.equal(findDeprecation(calendar, "openai:voyage-1"), null);
  assert.equal(findDeprecation(calendar, "local:./voyage:voyage-1"), null);
});

test("alerts are one a model with its versions, the nearest end first", () => {
  const calendar = [entry("late", "2027-06-01"), entry("soon", "2027-01-20")];
  const versions = [
    { name: "v1", reference: "voyage:late" },
    { name: "v2", reference: "voyage:soon?dimensions=8" },
    { name: "v3", reference: "voyage:soon" },
    { name: "v4", reference: "bundled:all-MiniLM-L6-v2" },
  ];
  const alerts = deprecationAlerts(calendar, versions, Date.parse("2027-01-01T00:00:00Z"));
  assert.deepEqual(
    alerts.map(({ model, versions: made, daysLeft, level }) => ({ model, made, daysLeft, level })),
    [
      { model: "soon", made: ["v2", "v3"], daysLeft: 19, level: 30 },
      { model: "late", made: ["v1"], daysLeft: 151, level: null },
    ],
  );
  assert.equal(
    describeAlert(alerts[0]!),
    "voyage:soon, which made v2, v3, ends on 2027-01-20, in 19 days (https://example.test/ends, as of 2026-01-01); its provider recommends voyage-9",
  );
});

test("the last safe day leaves room for the work and the grace period", () => {
  assert.equal(lastSafeStart("2027-12-01", 0, 0), "2027-12-01");
  assert.equal(lastSafeStart("2027-12-01", 36 * 3600, 14), "2027-11-15");
  assert.equal(lastSafeStart("2027-12-01", null, 14), null);
});

test("the calendar that comes with the package is whole, sourced and of known providers", async () => {
  const file = fileURLToPath(new URL("../../datasets/providers/deprecations.jsonl", import.meta.url));
  const calendar = await readDeprecations(file);
  assert.ok(calendar.length >= 15);
  for (const { provider, source, announced, shutdown } of calendar) {
    assert.ok((providerNames as readonly string[]).includes(provider), provider);
    assert.match(source, /^https:\/\//);
    assert.ok(announced === null || announced < shutdown);
  }
});
