import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { mapOrdered } from "../../src/run/map-ordered.ts";

async function* numbers(count: number, onRead: (index: number) => void = () => {}) {
  for (let index = 0; index < count; index += 1) {
    onRead(index);
    yield index;
  }
}

test("yields in order although later calls finish first", async () => {
  const out: number[] = [];
  for await (const value of mapOrdered(numbers(6), 3, async (n) => {
    await sleep((6 - n) * 3);
    return n;
  })) {
    out.push(value);
  }
  assert.deepEqual(out, [0, 1, 2, 3, 4, 5]);
});

test("reads only as far ahead as calls may be in flight", async () => {
  let read = -1;
  const iterator = mapOrdered(
    numbers(100, (index) => (read = index)),
    3,
    async (n) => n,
  );
  await iterator.next();
  assert.equal(read, 2);
  await iterator.next();
  assert.equal(read, 3);
  await iterator.return();
});

test("a failure ends it at its turn, and no call outlives it", async () => {
  let running = 0;
  const seen: number[] = [];
  const mapped = mapOrdered(numbers(10), 4, async (n) => {
    running += 1;
    await sleep(5);
    running -= 1;
    if (n === 2) throw new Error("third");
    return n;
  });
  await assert.rejects(async () => {
    for await (const value of mapped) seen.push(value);
  }, /third/);
  assert.deepEqual(seen, [0, 1]);
  assert.equal(running, 0);
});
