import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseJsonDocument, pathKey } from "../../src/config/json-document.ts";

describe("parseJsonDocument", () => {
  const texts = [
    '{"a": [1, -2.5e+3, 0, true, false, null], "b": {"c": "\\u00e9\\n\\"\\\\/ \u2028"}}',
    "[]",
    "{}",
    ' "text" ',
    "\r\n\t7\n",
    '{"": {"": []}}',
  ];
  for (const text of texts) {
    test(`reads ${JSON.stringify(text)} as JSON.parse does`, () => {
      const { value } = parseJsonDocument(text, "f.json");
      assert.equal(JSON.stringify(value), JSON.stringify(JSON.parse(text)));
    });
  }

  test("keeps where each member and element stands", () => {
    const { positions } = parseJsonDocument('{\n  "a": 1,\n  "b": { "c": [1,\n 2] }\n}', "f.json");
    assert.deepEqual(positions.get(pathKey(["a"])), { line: 2, column: 3 });
    assert.deepEqual(positions.get(pathKey(["b", "c"])), { line: 3, column: 10 });
    assert.deepEqual(positions.get(pathKey(["b", "c", 1])), { line: 4, column: 2 });
  });

  test("a member named __proto__ is a member like any other", () => {
    const { value } = parseJsonDocument('{"__proto__": {"a": 1}}', "f.json");
    assert.deepEqual(Object.keys(value as object), ["__proto__"]);
  });

  test("a byte order mark is no part of the text", () => {
    assert.deepEqual(parseJsonDocument("\uFEFF[1]", "f.json").value, [1]);
  });

  /** Text -> its whole message. */
  const faults: Readonly<Record<string, string>> = {
    "": "f.json:1:1: expected a value and found the end of the file",
    "{": "f.json:1:2: expected a name in double quotes and found the end of the file",
    '{"a": 1,}': 'f.json:1:8: a comma before "}" is not JSON; remove it',
    '{\n  "a": [1,\n  ]\n}': 'f.json:2:10: a comma before "]" is not JSON; remove it',
    '{\n  // why\n  "a": 1\n}': "f.json:2:3: comments are not JSON; remove this one",
    '{"a": /* why */ 1}': "f.json:1:7: comments are not JSON; remove this one",
    "{'a': 1}": "f.json:1:2: texts stand in double quotes; write \" instead of '",
    "{a: 1}": 'f.json:1:2: expected a name in double quotes and found "a"',
    '{"a" 1}': 'f.json:1:6: expected ":" after "a" and found "1"',
    '{"a": 1 "b": 2}': 'f.json:1:9: expected "," or "}" and found "\\""',
    '{"a": 1, "a": 2}': 'f.json:1:10: "a" is given twice; keep one',
    '{"a": "x\ny"}': "f.json:1:7: this text has no end, or an escape or line break that JSON does not allow",
    '{"a": "\\x"}': "f.json:1:7: this text has no end, or an escape or line break that JSON does not allow",
    "[01]": 'f.json:1:3: expected a value and found "1"',
    "[.5]": 'f.json:1:2: expected a value and found "."',
    "[NaN]": 'f.json:1:2: expected a value and found "N"',
    "[True]": 'f.json:1:2: expected a value and found "T"',
    "{} {}": 'f.json:1:4: expected the end of the file and found "{"',
  };
  for (const [text, message] of Object.entries(faults)) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseJsonDocument(text, "f.json"), { code: "REEMBED_CONFIG_INVALID", message });
    });
  }
});
