import assert from "node:assert/strict";
import { test } from "node:test";
import { ReembedError } from "../../src/core/errors.ts";
import type { FlagSpecs } from "../../src/cli/flags.ts";
import { parseArguments } from "../../src/cli/parse-arguments.ts";

const specs = {
  to: { kind: "list", separator: null, placeholder: "REF", about: "models" },
  text: { kind: "list", separator: ",", placeholder: "COLUMN", about: "columns" },
  name: { kind: "text", placeholder: "NAME", about: "a name" },
  limitRows: { kind: "count", placeholder: "N", about: "how many" },
  mode: { kind: "choice", choices: ["create", "append"], default: "create", about: "how" },
  exact: { kind: "switch", about: "scan" },
  help: { kind: "switch", about: "help" },
} as const satisfies FlagSpecs;

const source = { placeholder: "SOURCE…", about: "files to read", many: true };
const text = { placeholder: "TEXT", about: "what to look for", many: false };

const parse = (argv: string[], argument: typeof text | null = null) =>
  parseArguments(argv, { command: "try", specs, argument });

test("flags have values of their kinds, and defaults", () => {
  assert.deepEqual(
    parse(["--name", "v2", "--limit-rows=10", "--exact", "a", "--mode", "append", "b"], source),
    {
      args: ["a", "b"],
      values: { name: "v2", limitRows: 10, exact: true, mode: "append", help: false },
    },
  );
  assert.deepEqual(parse([]).values, { mode: "create", exact: false, help: false });
});

test("a list is given several times, or at once where it has a separator", () => {
  const { values } = parse(["--to", "a?prompt=x,y", "--to", "b", "--text", "title, body", "--text=tail"]);
  assert.deepEqual(values["to"], ["a?prompt=x,y", "b"]);
  assert.deepEqual(values["text"], ["title", "body", "tail"]);
});

test("after -- everything is an argument, and - is one", () => {
  assert.deepEqual(parse(["--", "--exact"], text).args, ["--exact"]);
  assert.deepEqual(parse(["-"], source).args, ["-"]);
});

test("--help asks for nothing else", () => {
  assert.deepEqual(parse(["--help"], text).values, { help: true });
  assert.deepEqual(parse(["-h"], text).values, { help: true });
});

const refused: [argv: string[], argument: typeof text | null, message: string][] = [
  [["--nam", "v2"], null, "try has no flag --nam; did you mean --name?"],
  [["--colour"], null, "try has no flag --colour"],
  [["-x"], null, "try has no flag -x"],
  [["--name"], null, "--name needs a value: NAME"],
  [["--name", "--exact"], null, "--name needs a value: NAME"],
  [["--mode"], null, "--mode needs a value: create, append"],
  [["--mode", "apend"], null, '--mode takes create, append, not "apend"; did you mean append?'],
  [["--name", ""], null, "--name was given an empty value"],
  [["--text", "a,,b"], null, "--text was given an empty value"],
  [["--exact=yes"], null, '--exact takes no value, and was given "yes"'],
  [["--limit-rows", "0"], null, '--limit-rows takes a whole number of at least 1, not "0"'],
  [["--limit-rows", "-3"], null, '--limit-rows takes a whole number of at least 1, not "-3"'],
  [["--limit-rows", "1.5"], null, '--limit-rows takes a whole number of at least 1, not "1.5"'],
  [["--limit-rows", "1e3"], null, '--limit-rows takes a whole number of at least 1, not "1e3"'],
  [
    ["--limit-rows", "99999999999999999999"],
    null,
    '--limit-rows takes a whole number of at least 1, not "99999999999999999999"',
  ],
  [["--name", "a", "--name", "b"], null, '--name was given 2 times ("a", "b"): give it once'],
  [[], text, "try needs TEXT: what to look for"],
  [[""], text, "try needs TEXT: what to look for"],
  [
    ["two", "words"],
    text,
    'try was given 1 argument too many ("words"): put quotes around one TEXT of several words',
  ],
  [["a", "b"], null, 'try was given 2 arguments too many ("a", "b"): it takes none'],
];

for (const [argv, argument, message] of refused) {
  test(`refused: try ${argv.map((word) => JSON.stringify(word)).join(" ")}`, () => {
    assert.throws(
      () => parse(argv, argument),
      (error) => {
        assert.ok(error instanceof ReembedError);
        assert.equal(error.code, "REEMBED_USAGE");
        assert.equal(error.message, message);
        return true;
      },
    );
  });
}

test("a flag that is needed and absent is named with what it is for", () => {
  const needed = { to: { kind: "text", placeholder: "REF", about: "the model", required: true } } as const;
  assert.throws(() => parseArguments([], { command: "try", specs: needed, argument: null }), {
    message: "try needs --to: the model",
  });
});
