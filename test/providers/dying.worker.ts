/** A provider's thread that dies at its first request, as one that runs out of memory does. */
import { parentPort, workerData } from "node:worker_threads";
import type { ProviderReply } from "../../src/providers/provider-messages.ts";

const { dies } = workerData as { readonly dies: "at-start" | "at-work" };
if (dies === "at-start") throw new Error("no memory is left");
parentPort?.on("message", () => {
  throw new Error("no memory is left");
});
const opened: ProviderReply = { kind: "opened" };
parentPort?.postMessage(opened);
