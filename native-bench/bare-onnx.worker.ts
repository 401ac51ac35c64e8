import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { BareMessage, BareStart } from "./bare-messages.ts";

const { weights, sessionEntries, ids, calls, next } = workerData as BareStart;
const session = await InferenceSession.create(weights, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  extra: { session: sessionEntries },
});
const outputs = session.outputNames.slice(0, 1);

async function takeCalls(): Promise<void> {
  for (;;) {
    const call = Atomics.add(next, 0, 1) * 3;
    const start = calls[call];
    const rows = calls[call + 1];
    const length = calls[call + 2];
    if (start === undefined || rows === undefined || length === undefined) return;
    const slots = rows * length;
    const shape = [rows, length];
    const feeds: Record<string, Tensor> = {
      input_ids: new Tensor("int64", ids.slice(start, start + slots), shape),
      attention_mask: new Tensor("int64", new BigInt64Array(slots).fill(1n), shape),
      token_type_ids: new Tensor("int64", new BigInt64Array(slots), shape),
    };
    for (const name of Object.keys(feeds)) if (!session.inputNames.includes(name)) delete feeds[name];
    await session.run(feeds, outputs);
  }
}

const say = (message: BareMessage): void => parentPort?.postMessage(message);

parentPort?.on("message", async () => {
  await takeCalls();
  say("done");
});
say("ready");
