import assert from "node:assert/strict";
import { test } from "node:test";
import { describeNewerBase, findNewerBases, type KnownRevision } from "../../src/core/newer-bases.ts";
import { testSpace } from "../store/support.ts";

const commit = (digit: string): string => digit.repeat(40);
const at = (day: number): string => `2026-03-${String(day).padStart(2, "0")}T00:00:00.000Z`;

function version(name: string, reference: string, day: number, baseModel: string | null, digest = "a") {
  const space = { ...testSpace(8, "x").description, packageDigest: digest.repeat(64) };
  return { name, reference, space, baseModel, history: [{ at: at(day), state: "planned" as const }] };
}

const locked = (digit: string, day: number): KnownRevision => ({
  reference: `hf:acme/base@${commit(digit)}`,
  packageDigest: null,
  since: at(day),
  from: "pinned in reembed.lock.json",
});

const found = (
  versions: readonly ReturnType<typeof version>[],
  revisions: readonly KnownRevision[] = [],
  calendar: Parameters<typeof findNewerBases>[2] = [],
): string[] =>
  findNewerBases(versions, { versions, locked: revisions }, calendar).map(
    ({ version: name, newer, from }) => `${name}: ${newer} (${from})`,
  );

const tune = (base: string, day = 5) => version("v2", "local:./tune", day, base);

test("another commit of the base that was pinned later is newer, one that was pinned earlier is not", () => {
  const base = `hf:acme/base@${commit("1")}?dimensions=4`;
  assert.deepEqual(found([tune(base)], [locked("1", 1), locked("2", 3), locked("3", 2)]), [
    `v2: hf:acme/base@${commit("2")} (pinned in reembed.lock.json)`,
  ]);
  assert.deepEqual(found([tune(base)], [locked("0", 1), locked("1", 2)]), []);
  assert.deepEqual(
    found([tune(base)], [{ ...locked("2", 9), reference: `hf:other/base@${commit("2")}` }]),
    [],
  );
  // A base that nobody here used: what was there before the fine-tune is not called newer.
  assert.deepEqual(found([tune(base)], [locked("2", 4)]), []);
  assert.equal(found([tune("acme/base")], [locked("2", 4), locked("3", 6)]).length, 1);
});

test("a version of another commit is a revision that is known, and a package that changed under its reference", () => {
  const hub = version("v3", `hf:acme/base@${commit("2")}?maxTokens=9`, 8, null);
  assert.deepEqual(found([tune(`hf:acme/base@${commit("1")}`), hub]), [
    `v2: hf:acme/base@${commit("2")} (version v3 of 2026-03-08)`,
  ]);
  const before = version("v1", "local:./base", 1, null, "a");
  assert.deepEqual(found([before, tune("local:./base"), version("v3", "local:./base", 8, null, "a")]), []);
  const after = version("v3", "local:./base?dimensions=4", 8, null, "b");
  assert.deepEqual(found([before, tune("local:./base"), after]), [
    "v2: local:./base (version v3 of 2026-03-08)",
  ]);
  assert.deepEqual(found([tune("local:./base"), after]), [], "what it was made from is not known");
  assert.deepEqual(found([before, version("v2", "local:./own", 5, null), after]), []);
});

test("what a provider recommends in place of a base is newer, in a sentence", () => {
  const entry = {
    provider: "voyage",
    model: "voyage-3",
    announced: null,
    shutdown: "2027-01-01",
    replacement: "voyage-4",
    source: "https://example.test/ends",
    asOf: "2026-01-01",
  };
  const tunes = [tune("voyage:voyage-3")];
  const [newer] = findNewerBases(tunes, { versions: tunes, locked: [] }, [entry]);
  assert.equal(
    describeNewerBase(newer!),
    "v2 was made from voyage:voyage-3, and the base has a newer revision: voyage:voyage-4 (https://example.test/ends)",
  );
  assert.deepEqual(found(tunes, [], [{ ...entry, replacement: null }]), []);
});
