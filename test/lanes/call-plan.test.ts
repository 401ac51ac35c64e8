import assert from "node:assert/strict";
import { test } from "node:test";
import { callShape, planCalls } from "../../src/lanes/call-plan.ts";

const lengths = Int32Array.from([5, 100, 0, 5, 100, 100, 300]);

const plan = (...args: Parameters<typeof planCalls>) => {
  const { order, calls } = planCalls(...args);
  const pairs = Array.from({ length: calls.length / 2 }, (_, i) => [calls[i * 2], calls[i * 2 + 1]]);
  return { order: [...order], calls: pairs };
};

/** Slots less tokens of all calls, as a share of the slots. */
function paddingShare(of: Int32Array, ...shape: Parameters<typeof callShape>): number {
  const tokens = of.reduce((sum, length) => sum + length, 0);
  const slots = plan(of, callShape(...shape)).calls.reduce((sum, [texts, each]) => sum + texts! * each!, 0);
  return (slots - tokens) / slots;
}

/** Lengths as they are in a corpus of many short texts and a few long ones. */
const many = Int32Array.from(
  { length: 5000 },
  (_, i) => 3 + Math.floor((253 * ((i * 7919) % 5000) ** 3) / 5000 ** 3),
);

test("alone: one text a call, the longest first, none for texts without tokens", () => {
  for (const device of ["cpu", "cuda"] as const) {
    assert.deepEqual(plan(lengths, callShape("alone", device)), {
      order: [6, 1, 4, 5, 0, 3],
      calls: [
        [1, 300],
        [1, 100],
        [1, 100],
        [1, 100],
        [1, 5],
        [1, 5],
      ],
    });
  }
});

test("on a CPU only texts of exactly equal length share a call, up to 256 tokens", () => {
  for (const grouping of ["any", "equal-length"] as const) {
    assert.deepEqual(plan(lengths, callShape(grouping, "cpu")), {
      order: [6, 1, 4, 5, 0, 3],
      calls: [
        [1, 300],
        [2, 100],
        [1, 100],
        [2, 5],
      ],
    });
  }
  assert.equal(paddingShare(many, "any", "cpu"), 0);
  for (const [texts, slots] of plan(many, callShape("any", "cpu")).calls) {
    assert.ok(texts === 1 || texts! * slots! <= 256);
  }
});

test("on a GPU calls are large, and less than 5 % of their slots is padding", () => {
  const share = paddingShare(many, "any", "cuda");
  assert.ok(share > 0 && share < 0.05, String(share));
  const { order, calls } = plan(many, callShape("any", "cuda"));
  let at = 0;
  for (const [texts, slots] of calls) {
    const inCall = order.slice(at, (at += texts!));
    const tokens = inCall.reduce((sum, index) => sum + many[index]!, 0);
    assert.equal(slots, many[inCall[0]!]);
    assert.ok(texts! * slots! <= 16_384 && texts! * slots! - tokens <= 0.05 * texts! * slots!);
  }
  assert.equal(at, many.length);
});

test("on a GPU, too, nothing is padded where that would move a vector", () => {
  assert.equal(paddingShare(many, "equal-length", "cuda"), 0);
});

test("no texts, no calls", () => {
  for (const empty of [new Int32Array(0), new Int32Array(3)]) {
    assert.deepEqual(plan(empty, callShape("any", "cpu")), { order: [], calls: [] });
  }
});
