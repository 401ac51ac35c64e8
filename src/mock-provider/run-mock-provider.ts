import { type Job, startJob } from "../core/job.ts";
import type { MockLedger } from "./ledger.ts";
import type { MockProviderOptions } from "./settings.ts";
import { startMockProvider } from "./start-mock-provider.ts";

/** What a mock provider did until it was told to stop. */
export interface MockProviderResult {
  readonly url: string;
  readonly seconds: number;
  readonly ledger: MockLedger;
}

/**
 * Serves until the signal aborts, then answers with the ledger: to be stopped is how it ends well.
 * @throws what `startMockProvider` throws
 */
export function runMockProvider(options: MockProviderOptions, signal: AbortSignal): Job<MockProviderResult> {
  return startJob(async (emit) => {
    const started = performance.now();
    const provider = await startMockProvider(options);
    emit({ event: "mock-provider:listening", url: provider.url, models: provider.models });
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await provider.close();
    const seconds = (performance.now() - started) / 1000;
    return { url: provider.url, seconds, ledger: provider.ledger() };
  });
}
