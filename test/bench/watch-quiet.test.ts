import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeQuiet, watchQuiet } from "../../src/bench/watch-quiet.ts";

const quiet = { probes: [10, 10.1, 10.2, 10.1], loadBefore: 0.1, cpus: 2 };

test("a quiet machine, a throttled one, a busy one", () => {
  assert.deepEqual(judgeQuiet(quiet).reasons, []);
  assert.equal(judgeQuiet(quiet).quiet, true);
  const throttled = judgeQuiet({ ...quiet, probes: [10, 10, 14, 14] });
  assert.equal(throttled.quiet, false);
  assert.match(throttled.reasons[0] ?? "", /up to 1\.40 times as long/);
  assert.match(judgeQuiet({ ...quiet, loadBefore: 1.5 }).reasons[0] ?? "", /load was 1\.5 on 2 CPUs/);
});

test("one interrupted probe of many is no verdict", () => {
  const probes = [...Array.from({ length: 20 }, () => 10), 40];
  assert.equal(judgeQuiet({ ...quiet, probes }).quiet, true);
});

test("the probe takes time that can be told", () => {
  const watch = watchQuiet();
  for (let probe = 0; probe < 3; probe += 1) watch.probe();
  assert.ok(watch.verdict().clockSpread >= 1);
});
