import { Agent, request } from "node:http";

/**
 * Texts a second of plain HTTP requests, so many at a time, that read the answers and nothing more: the
 * ceiling of the API lane.
 */
export async function measureBareHttp(
  url: string,
  texts: readonly string[],
  { items, concurrency }: { readonly items: number; readonly concurrency: number },
): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const batches: string[][] = [];
  for (let at = 0; at < texts.length; at += items) batches.push(texts.slice(at, at + items));
  const started = performance.now();
  let next = 0;
  const work = async (): Promise<void> => {
    for (let batch = batches[next++]; batch !== undefined; batch = batches[next++]) {
      const answer = await post(`${url}/v1/embeddings`, agent, {
        model: "text-embedding-3-small",
        input: batch,
        dimensions: 1536,
        encoding_format: "base64",
      });
      const { data } = JSON.parse(answer) as { data: { embedding: string }[] };
      for (const { embedding } of data) Buffer.from(embedding, "base64");
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  agent.destroy();
  return texts.length / ((performance.now() - started) / 1000);
}

function post(url: string, agent: Agent, body: unknown): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", authorization: "Bearer bench" };
    const outgoing = request(url, { method: "POST", agent, headers }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => resolve(Buffer.concat(chunks).toString()));
    });
    outgoing.on("error", reject);
    outgoing.end(JSON.stringify(body));
  });
}
