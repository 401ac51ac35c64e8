/** Two spaces through what makes vectors: files, locks, and providers that change behind a name. */
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after } from "node:test";
import { parseReference } from "../../src/config/parse-reference.ts";
import type { ModelReference } from "../../src/core/model-reference.ts";
import { type MockProvider, startMockProvider } from "../../src/mock-provider/start-mock-provider.ts";
import { openModel } from "../../src/space/open-model.ts";
import { type Attack, questions, runAttacks } from "../support/attack.ts";
import {
  type AttackedTable,
  attackedTable,
  emptyFolder,
  openIn,
  potion,
  shuffled,
  texts,
} from "../support/attacked-table.ts";
import { smallTokenizer, writeFiles } from "../space/model-package.ts";
import { buildOnnx } from "../space/onnx-file.ts";
import { writeFineTune } from "../support/fine-tune.ts";
import { connect } from "@lancedb/lancedb";

const bundledFolder = fileURLToPath(new URL("../../datasets/models", import.meta.url));
const search = async ({ reopen }: AttackedTable, version = "v1"): Promise<unknown> =>
  (await reopen()).search({ text: questions[0], version });

/** Where the local model is, whole again before each attack: the path is a part of what versions say. */
const model = join(await emptyFolder(), "model");

async function restoreModel(): Promise<void> {
  await rm(model, { recursive: true, force: true });
  await cp(join(bundledFolder, "potion-base-4m-int8"), model, { recursive: true });
}

/** A file of the local model is another than when the version was made. */
const swapped = (file: string, change: (path: string) => Promise<void>): Attack => ({
  what: `${file} of a package is another by now`,
  outcome: { refused: "REEMBED_MODEL_LOCK_MISMATCH", message: new RegExp(file.replace(".", "\\.")) },
  attack: async (table) => {
    await change(join(model, file));
    return search(table);
  },
});

const replace = (from: string, to: string) => async (path: string) => {
  const text = await readFile(path, "utf8");
  if (!text.includes(from)) throw new Error(`${path} has no ${from}`);
  await writeFile(path, text.replace(from, to));
};

async function otherWeights(): Promise<void> {
  await rm(model, { recursive: true });
  await writeFineTune(model, { every: 3, by: 40 });
}

/** A mix of two models' vectors under two tags, or under none. */
async function mixedTable(tagged: boolean): Promise<AttackedTable> {
  const made = await attackedTable(potion);
  const vectors = await made.vectors("vector_v1");
  const cwd = await emptyFolder();
  const rows = texts.map((text, id) => {
    const own = vectors.get(String(id)) as Float32Array;
    const vector = [...(id % 2 === 0 ? own : shuffled(own))];
    return { id: BigInt(id), text, vector, ...(tagged ? { embedding_model: id % 2 === 0 ? "a" : "b" } : {}) };
  });
  await (await connect(join(cwd, "db"))).createTable("docs", rows);
  return openIn(cwd);
}

const files: readonly Attack[] = [
  swapped("model.safetensors", async (path) => {
    const bytes = await readFile(path);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(path, bytes);
  }),
  swapped("tokenizer.json", replace('"lowercase": true', '"lowercase": false')),
  {
    what: "a fine-tune of the model is put in its place, and pinned again over the old pins",
    outcome: { refused: "REEMBED_MODEL_LOCK_MISMATCH" },
    attack: async (table) => {
      await otherWeights();
      return search(table);
    },
  },
  {
    what: "the lock is deleted with the fine-tune in place, and everything pinned anew",
    outcome: { refused: "REEMBED_SPACE_MISMATCH", message: /packageDigest/ },
    attack: async (table) => {
      await otherWeights();
      await rm(join(table.cwd, "reembed.lock.json"));
      return search(table);
    },
  },
  {
    what: "the lock's digest of the weights is edited to fit the fine-tune",
    outcome: { refused: "REEMBED_SPACE_MISMATCH", message: /packageDigest/ },
    attack: async (table) => {
      const lock = join(table.cwd, "reembed.lock.json");
      const before = JSON.parse(await readFile(lock, "utf8")) as { packages: Record<string, unknown> };
      await writeFile(lock, JSON.stringify({ ...before, packages: {} }));
      await otherWeights();
      return search(table);
    },
  },
  {
    what: "the pinned vectors in the lock are another model's",
    outcome: { refused: "REEMBED_MODEL_CANARY" },
    attack: async (table) => {
      const lock = join(table.cwd, "reembed.lock.json");
      const text = await readFile(lock, "utf8");
      const [vectors = ""] = /(?<="vectors": ")[^"]+/.exec(text) ?? [];
      const floats = new Float32Array(Uint8Array.from(Buffer.from(vectors, "base64")).buffer);
      const other = Buffer.from(floats.toReversed().buffer).toString("base64");
      await writeFile(lock, text.replace(vectors, other));
      return search(table);
    },
  },
  {
    what: "a shipped model's weights are others than its manifest says",
    outcome: { refused: "REEMBED_MODEL_FILE_DAMAGED" },
    attack: async ({ cwd }) => {
      const models = join(cwd, "shipped");
      await cp(join(bundledFolder, "potion-base-4m-int8"), join(models, "potion-base-4m-int8"), {
        recursive: true,
      });
      await replaceWeights(join(models, "potion-base-4m-int8"));
      const reference = parseReference(potion) as ModelReference;
      return openModel(reference, {
        bundledFolder: models,
        lockFile: join(cwd, "other.lock.json"),
        pin: true,
        hubCacheFolder: join(cwd, "hub"),
      });
    },
  },
  {
    what: "a column that two models filled is adopted as one of them",
    outcome: { refused: "REEMBED_ADOPTION_REFUSED", message: /20 of 40 sampled rows agree/ },
    attack: async () => (await mixedTable(false)).reembed.adopt({ model: potion }),
  },
  {
    what: "a column that two tags share is adopted in place",
    outcome: { refused: "REEMBED_ADOPTION_REFUSED", message: /holds vectors of 2 spaces/ },
    attack: async () =>
      (await mixedTable(true)).reembed.adopt({
        modelColumn: "embedding_model",
        map: { a: potion, b: `${potion}?prompt=x` },
      }),
  },
  {
    what: "a column is adopted as a model of other dimensions",
    outcome: { refused: "REEMBED_ADOPTION_REFUSED", message: /128 dimensions, and .* gives 64/ },
    attack: async () => (await mixedTable(false)).reembed.adopt({ model: `${potion}?dimensions=64` }),
  },
];

async function replaceWeights(folder: string): Promise<void> {
  const path = join(folder, "model.safetensors");
  const bytes = await readFile(path);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(path, bytes);
}

const onWholeModel = ({ attack, ...rest }: Attack): Attack => ({
  ...rest,
  async attack(table) {
    await restoreModel();
    return attack(table);
  },
});

runAttacks(files.map(onWholeModel), async () => {
  await restoreModel();
  return attackedTable(`local:${model}`);
});

/** A transformer of a few words, whole again before each attack, in two precisions. */
const small = join(await emptyFolder(), "small");
const words = ["[UNK]", "the", "a", "house", "in", "old"];
const encoder = { rows: words.length, width: 8 };
const floats = `local:${small}?onnxFile=float.onnx`;
const quantised = `local:${small}?onnxFile=int8.onnx`;

async function restoreSmall(): Promise<void> {
  await rm(small, { recursive: true, force: true });
  await writeFiles(small, {
    "tokenizer.json": smallTokenizer(words),
    "float.onnx": buildOnnx(encoder),
    "int8.onnx": buildOnnx({ ...encoder, operator: "DynamicQuantizeLinear" }),
  });
}

/** What is pinned is thrown away, so that whatever lies there is pinned anew. */
async function forgetPins({ cwd }: AttackedTable): Promise<void> {
  await rm(join(cwd, "reembed.lock.json"));
}

const precisions: readonly Attack[] = [
  {
    what: "the configuration names another precision of the package",
    outcome: { refused: "REEMBED_SPACE_MISMATCH", message: /quantisation: "?float32"? -> "?int8-dynamic/ },
    attack: async ({ reopen }) => (await reopen({ model: quantised })).search({ text: questions[0] }),
  },
  {
    what: "a version is filled further with another precision of the package",
    outcome: { refused: "REEMBED_SPACE_MISMATCH", message: /quantisation/ },
    attack: async ({ reembed }) => reembed.backfill({ to: quantised, name: "v1" }),
  },
  {
    what: "the file of one precision is put in the place of the other",
    outcome: { refused: "REEMBED_MODEL_LOCK_MISMATCH", message: /float\.onnx/ },
    attack: async (table) => {
      await cp(join(small, "int8.onnx"), join(small, "float.onnx"));
      return search(table);
    },
  },
  {
    what: "the file of one precision is put in the place of the other, and pinned anew",
    outcome: { refused: "REEMBED_SPACE_MISMATCH", message: /quantisation/ },
    attack: async (table) => {
      await cp(join(small, "int8.onnx"), join(small, "float.onnx"));
      await forgetPins(table);
      return search(table);
    },
  },
  {
    what: "the tokenizer is one of the same words in another order, and pinned anew",
    outcome: { refused: "REEMBED_SPACE_MISMATCH", message: /packageDigest/ },
    attack: async (table) => {
      await writeFiles(small, { "tokenizer.json": smallTokenizer(words.toReversed()) });
      await forgetPins(table);
      return search(table);
    },
  },
  {
    what: "a file that names prompts is added to the package",
    outcome: { refused: "REEMBED_SPACE_MISMATCH", message: /Prompt|packageDigest/ },
    attack: async (table) => {
      await writeFiles(small, {
        "config_sentence_transformers.json": { prompts: { query: "query: ", document: "passage: " } },
      });
      return search(table);
    },
  },
];

runAttacks(
  precisions.map(({ attack, ...rest }) => ({
    ...rest,
    async attack(table) {
      await restoreSmall();
      return attack(table);
    },
  })),
  async () => {
    await restoreSmall();
    return attackedTable(floats);
  },
);

let started: MockProvider | null = null;
after(() => started?.close());
const provider = (): MockProvider => {
  if (started === null) throw new Error("no provider was started");
  return started;
};
const hosted = (options = ""): string =>
  `openai-compatible:potion-base-4m-int8?dimensions=128&baseUrl=${provider().url}/v1&acceptMutable=true${options}`;

const drift = (): void => provider().setFaults({ driftAfter: 0, driftDistance: 0.05 });
const honest = (): void => provider().setFaults({ driftAfter: null, otherModel: 0, wrongDimension: 0 });

/** The provider changes for as long as an attack lasts. */
const changed = (change: () => void, attack: Attack["attack"]): Attack["attack"] => {
  return async (table) => {
    change();
    try {
      return await attack(table);
    } finally {
      honest();
    }
  };
};

const providers: readonly Attack[] = [
  {
    what: "a provider has other weights under the same name, and is searched with",
    outcome: { refused: "REEMBED_CANARY_TRIPPED" },
    attack: changed(drift, search),
  },
  {
    what: "a provider has other weights when rows are written",
    outcome: { refused: "REEMBED_CANARY_TRIPPED" },
    attack: changed(drift, async ({ reembed }) =>
      reembed.write({ rows: [{ id: 900, text: "a new cat" }], onUnavailable: "mark" }),
    ),
  },
  {
    what: "a provider has other weights when a backfill catches up",
    outcome: { refused: "REEMBED_CANARY_TRIPPED" },
    attack: changed(drift, async ({ reembed, lance }) => {
      await (await lance()).update({ where: "id = 3", values: { text: "another text" } });
      return reembed.backfill({ to: hosted() });
    }),
  },
  {
    what: "a provider has other weights when versions are compared",
    outcome: { refused: "REEMBED_CANARY_TRIPPED" },
    attack: changed(drift, async ({ reembed, cwd }) => {
      const queries = join(cwd, "queries.jsonl");
      await writeFile(queries, JSON.stringify({ _id: "1", text: "a cat" }));
      return reembed.eval({ queries });
    }),
  },
  {
    what: "a rollback leads to a provider that has other weights by now",
    outcome: { refused: "REEMBED_CANARY_TRIPPED" },
    attack: changed(drift, async (table) => {
      await table.reembed.switch({ to: "v2", force: true, why: "test" });
      await table.reembed.rollback();
      return (await table.reopen()).search({ text: questions[0] });
    }),
  },
  {
    what: "a provider has other weights, and the doctor looks",
    outcome: { found: "canary", message: /gives other vectors for every text/ },
    attack: async () => drift(),
  },
  {
    what: "a provider had other weights before the version kept what it is checked against",
    outcome: { refused: "REEMBED_CANARY_TRIPPED", message: /none of 16 sampled vectors/ },
    attack: changed(drift, async ({ lance, reembed }) => {
      await (
        await lance()
      ).updateFieldMetadata([{ path: "vector_v1", metadata: { "reembed:canary": null } }]);
      return reembed.backfill({ to: hosted() });
    }),
  },
  {
    what: "another server answers under the same name, with other weights",
    outcome: { refused: "REEMBED_CANARY_TRIPPED" },
    attack: async ({ reembed, lance }) => {
      const other = await startMockProvider();
      try {
        other.setFaults({ driftAfter: 0, driftDistance: 0.05 });
        await (await lance()).update({ where: "id = 3", values: { text: "another text" } });
        return await reembed.backfill({ to: hosted().replace(provider().url, other.url), name: "v1" });
      } finally {
        await other.close();
      }
    },
  },
  {
    what: "another model answers in a provider's place, and says so",
    outcome: { refused: "REEMBED_PROVIDER_ANSWER" },
    attack: changed(() => provider().setFaults({ otherModel: 1 }), search),
  },
  {
    what: "a provider answers with vectors of another length",
    outcome: { refused: "REEMBED_PROVIDER_ANSWER" },
    attack: changed(() => provider().setFaults({ wrongDimension: 1 }), search),
  },
  {
    what: "a hosted version is gone on with in fewer dimensions",
    outcome: { refused: "REEMBED_SPACE_MISMATCH", message: /dimensions: 128 -> 64/ },
    attack: async ({ reembed }) =>
      reembed.backfill({ to: hosted().replace("dimensions=128", "dimensions=64"), name: "v1" }),
  },
  {
    what: "a hosted version is gone on with behind a prompt",
    outcome: { refused: "REEMBED_SPACE_MISMATCH", message: /documentPrompt/ },
    attack: async ({ reembed }) => reembed.backfill({ to: hosted("&prompt=passage:"), name: "v1" }),
  },
  {
    what: "a hosted version is gone on with for another purpose of its inputs",
    outcome: { refused: "REEMBED_SPACE_MISMATCH", message: /documentTask/ },
    attack: async ({ reembed }) => reembed.backfill({ to: hosted("&documentTask=query"), name: "v1" }),
  },
  {
    what: "a hosted version is gone on with, its vectors scaled",
    outcome: { refused: "REEMBED_SPACE_MISMATCH", message: /normalize/ },
    attack: async ({ reembed }) => reembed.backfill({ to: hosted("&normalize=true"), name: "v1" }),
  },
];

runAttacks(providers, async () => {
  started = await startMockProvider();
  return attackedTable(hosted(), `${potion}?dimensions=64`);
});
