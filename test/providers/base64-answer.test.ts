import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeEmbeddings } from "../../src/providers/base64-answer.ts";
import { readAnswer } from "../../src/providers/read-answer.ts";

const vectors = [
  [1, -2, 0.5],
  [3, 4, 5],
];
const base64 = vectors.map((vector) => Buffer.from(Float32Array.from(vector).buffer).toString("base64"));
const answer = (order: readonly number[], model = "m"): object => ({
  object: "list",
  model,
  data: order.map((index) => ({ object: "embedding", index, embedding: base64[index] })),
  usage: { total_tokens: 7 },
});
const bodyOf = (json: object, indent?: number): Buffer => Buffer.from(JSON.stringify(json, null, indent));

test("embeddings are taken out of an answer's JSON, in the order in which they stand", () => {
  const decoded = decodeEmbeddings(bodyOf(answer([1, 0])), 2);
  assert.deepEqual([...(decoded?.rows.vectors ?? [])], [...vectors[1]!, ...vectors[0]!]);
  assert.deepEqual((JSON.parse(decoded?.json ?? "") as { data: unknown }).data, [
    { object: "embedding", index: 1, embedding: 0 },
    { object: "embedding", index: 0, embedding: 1 },
  ]);
});

const unusual: readonly (readonly [string, Buffer])[] = [
  [
    "slashes that are escaped",
    Buffer.from(
      bodyOf(answer([1, 0]))
        .toString()
        .replaceAll("/", "\\/"),
    ),
  ],
  ["a model whose name holds an embedding", bodyOf(answer([1, 0], 'a "embedding":"b" c'))],
  ["an embedding that is none of the list's", bodyOf({ ...answer([1, 0]), embedding: "AAAA" })],
  [
    "one embedding of numbers",
    bodyOf({
      ...answer([]),
      data: [
        { index: 1, embedding: vectors[1] },
        { index: 0, embedding: base64[0] },
      ],
    }),
  ],
];

for (const [what, body] of [
  ["the usual form", bodyOf(answer([1, 0]))] as const,
  ["indented JSON", bodyOf(answer([1, 0]), 2)] as const,
  ...unusual,
]) {
  test(`an answer is read the same whatever its writing: ${what}`, () => {
    const { vectors: read, present, tokens } = readAnswer(body, 2);
    assert.deepEqual([...read], vectors.flat());
    assert.deepEqual([...present], [1, 1]);
    assert.equal(tokens, 7);
  });
}

test("a body that ends inside an embedding, and a number in its place, are malformed", () => {
  const body = bodyOf(answer([0, 1]));
  const within = body.subarray(0, body.lastIndexOf(base64[1]!) + 5);
  assert.throws(() => readAnswer(within, 2), { kind: "malformed" });
  const forged = {
    data: [
      { index: 0, embedding: base64[0] },
      { index: 1, embedding: 0 },
    ],
  };
  assert.throws(() => readAnswer(bodyOf(forged), 2), { kind: "malformed" });
});
