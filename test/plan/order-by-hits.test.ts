/** The order of an emergency: what is asked for most, for each row that it costs, comes first. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hitCoverage, hottestFirst } from "../../src/plan/order-by-hits.ts";
import { planRound } from "../../src/plan/plan-round.ts";

const fragment = (id: number, pending: number) => ({ id, rows: 100, pending });
const hits = (id: number, pending: number, handled = 0) => ({ id, pending, handled });

test("fragments by hits for each row to embed; what nobody asks for keeps its order", () => {
  const fragments = [fragment(0, 100), fragment(1, 100), fragment(2, 10), fragment(3, 100), fragment(9, 50)];
  const order = hottestFirst(fragments, [hits(0, 5), hits(1, 300), hits(2, 40), hits(3, 0), hits(7, 900)]);
  assert.deepEqual(
    order.map(({ id }) => id),
    [2, 1, 0, 3, 9],
  );
});

test("each tenth of the units says what share of all hits is answered by then", () => {
  const fragments = Array.from({ length: 20 }, (_, id) => fragment(id, 100));
  const counts = fragments.map(({ id }) => hits(id, id === 13 ? 730 : 10, id === 0 ? 80 : 0));
  const bounds = { dimensions: 1, unitBytes: 400, mergeBytes: 400 };
  const round = planRound(hottestFirst(fragments, counts), bounds);
  assert.deepEqual(round.units[0]?.fragmentIds, [13]);
  const { hits: total, handledShare, prefixes } = hitCoverage(round, counts);
  assert.deepEqual([total, handledShare], [1000, 0.08]);
  assert.deepEqual(prefixes[0], { units: 2, rows: 200, share: 0.82 });
  assert.deepEqual(prefixes.at(-1), { units: 20, rows: 2000, share: 1 });
  assert.equal(prefixes.length, 10);
});

test("fewer units than tenths, none at all, and no hits", () => {
  const bounds = { dimensions: 1, unitBytes: 400, mergeBytes: 400 };
  const two = planRound([fragment(0, 100), fragment(1, 100)], bounds);
  assert.deepEqual(
    hitCoverage(two, []).prefixes.map(({ units, share }) => [units, share]),
    [
      [1, 0],
      [2, 0],
    ],
  );
  assert.deepEqual(hitCoverage(planRound([], bounds), [hits(0, 0, 5)]), {
    hits: 5,
    handledShare: 1,
    prefixes: [],
  });
});
