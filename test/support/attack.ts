/** Attacks on the first rule, as data: two vectors are compared only if they are of one space. */
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { test } from "node:test";
import { type ErrorCode, ReembedError } from "../../src/core/errors.ts";
import type { CheckName } from "../../src/core/verbs-check.ts";
import { type AttackedTable, emptyFolder, openIn } from "./attacked-table.ts";

/** What must come of an attack. */
export type Outcome =
  /** It ends with this error, and the message says so. */
  | { readonly refused: ErrorCode; readonly message?: RegExp }
  /** It can be done, since it is another program's doing; the doctor finds it. */
  | { readonly found: CheckName; readonly message: RegExp }
  /** It changes nothing of what searches answer. */
  | { readonly kept: true };

export interface Attack {
  readonly what: string;
  readonly outcome: Outcome;
  /** What is done, up to the search or the command that would compare two spaces. */
  readonly attack: (table: AttackedTable) => Promise<unknown>;
}

export const questions = ["a cat in an old house", "the tax of a river", "violins in winter"];

/** What each searchable version answers, by the keys of its hits; by way of its index where not `exact`. */
export async function answersOf(table: AttackedTable, exact = true): Promise<Record<string, string[]>> {
  const reembed = await table.reopen();
  const { versions } = await reembed.versions();
  const answers: Record<string, string[]> = {};
  for (const { name } of versions) {
    for (const text of questions) {
      const { hits } = await reembed.search({ text, version: name, limit: 5, exact });
      answers[`${name}: ${text}`] = hits.map(({ key }) => String(key));
    }
  }
  return answers;
}

/** Runs every attack on a copy of a table of its own. */
export function runAttacks(attacks: readonly Attack[], makeTable: () => Promise<AttackedTable>): void {
  let made: Promise<{ cwd: string; answers: Record<string, string[]> }> | null = null;
  const template = () =>
    (made ??= makeTable().then(async (table) => ({ cwd: table.cwd, answers: await answersOf(table) })));
  for (const { what, outcome, attack } of attacks) {
    test(`${what}: ${describe(outcome)}`, async () => {
      const { cwd, answers } = await template();
      const copy = await emptyFolder();
      await cp(cwd, copy, { recursive: true });
      const table = await openIn(copy);
      if ("refused" in outcome) return mustRefuse(() => attack(table), outcome);
      await attack(table);
      if ("kept" in outcome) return assert.deepEqual(await answersOf(table), answers);
      const findings = await table.findings(outcome.found);
      assert.match(findings.map(({ message }) => message).join("\n"), outcome.message);
    });
  }
}

async function mustRefuse(
  attack: () => Promise<unknown>,
  { refused, message }: Extract<Outcome, { refused: ErrorCode }>,
): Promise<void> {
  const error = await attack().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error !== null, "it was let through");
  if (!(error instanceof ReembedError)) throw error;
  assert.equal(error.code, refused, error.message);
  if (message !== undefined) assert.match(error.message, message);
}

function describe(outcome: Outcome): string {
  if ("refused" in outcome) return outcome.refused;
  return "found" in outcome ? `found by check ${outcome.found}` : "nothing changes";
}
