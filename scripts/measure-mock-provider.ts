/**
 * How fast the mock provider answers when nothing limits it, asked by eight clients in this process:
 * a bound on what a bench against it can show.
 *
 *     node scripts/measure-mock-provider.ts [THREADS]
 */
import { requireWordnet, wordnetGlosses } from "../src/datasets/wordnet.ts";
import { startMockProvider } from "../src/mock-provider/start-mock-provider.ts";

const clients = 8;
const threads = Number(process.argv[2] ?? 1);

/** Model, encoding, texts a request, texts in all: numbers in JSON are slow to write, so there are fewer. */
const cases = [
  ["potion-base-4m-int8", "base64", 1_024, 32_768],
  ["text-embedding-3-small", "base64", 1_024, 16_384],
  ["text-embedding-3-small", "base64", 128, 16_384],
  ["text-embedding-3-small", "float", 256, 4_096],
] as const;

const glosses = await Array.fromAsync(wordnetGlosses(await requireWordnet()), ({ gloss }) => gloss);
const provider = await startMockProvider({ threads });

for (const [model, encoding, perRequest, total] of cases) {
  const ask = async (start: number): Promise<void> => {
    const input = glosses.slice(start, start + perRequest);
    const body = JSON.stringify({ model, input, encoding_format: encoding });
    const response = await fetch(`${provider.url}/v1/embeddings`, { method: "POST", body });
    if (response.status !== 200) throw new Error(`status ${response.status}: ${await response.text()}`);
    await response.arrayBuffer();
  };
  await ask(total);
  provider.resetLedger();
  const started = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (next < total) {
        const start = next;
        next += perRequest;
        await ask(start);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  const { items, tokens } = provider.ledger();
  const rates = `${Math.round(items / seconds)} texts/s, ${Math.round(tokens / seconds)} tokens/s`;
  console.log(`${model}, ${encoding}, ${perRequest} texts a request, ${threads} thread(s): ${rates}`);
}
await provider.close();
