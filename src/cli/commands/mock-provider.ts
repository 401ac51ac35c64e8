import type { MockLedger } from "../../mock-provider/ledger.ts";
import type { MockProviderResult } from "../../mock-provider/run-mock-provider.ts";
import { formatCount, formatCountOf, formatDuration, formatMoney } from "../../observe/quantities.ts";
import { type Block, fields, line } from "../../observe/report.ts";
import { defineStandalone } from "../command.ts";
import { mockProviderFlags, mockProviderOptions } from "./mock-provider-flags.ts";

/** Where the key stands that clients must bring: never on a command line, which others can read. */
const keyVariable = "MOCK_PROVIDER_API_KEY";

export const mockProviderCommand = defineStandalone({
  about:
    "Serves vectors of a real model over HTTP as hosted providers do, with their limits and their faults, so that " +
    "a configuration can be tried without a key and without cost. It keeps books of what was asked, refused " +
    "and paid: GET /mock/ledger while it runs, and printed when it is stopped with Ctrl-C. POST /mock/faults " +
    `changes the faults while it runs. A key is asked for where ${keyVariable} is set.`,
  argument: null,
  flags: mockProviderFlags,
  examples: [
    ["reembed mock-provider --port 8080", "no limits, no faults"],
    ["reembed mock-provider --tpm 1000000 --latency 150ms~0.5 --error-429 0.05", "a provider on a busy day"],
    ["reembed mock-provider --drift-after 100 --drift 0.1", "weights that change behind a name"],
  ],
  interrupted: "stopped",
  async load(host) {
    const run = await host.loadMockProvider();
    const apiKey = host.env[keyVariable] ?? null;
    return (flags, signal) => run(mockProviderOptions(flags, apiKey), signal);
  },
  present: ({ ledger, seconds }: MockProviderResult): Block[] => [
    line(`served for ${formatDuration(seconds)}`),
    fields([
      ["requests", `${formatCount(ledger.requests)}, ${formatCount(ledger.answered)} answered`],
      [
        "paid for",
        `${formatCountOf(ledger.items, "text")}, ${formatCountOf(ledger.tokens, "token")}, ${formatMoney(ledger.cost)}`,
      ],
      ["refused", countsOf(ledger.refused)],
      ["spoilt", countsOf(ledger.faults)],
      ["texts", describeTexts(ledger.texts)],
    ]),
  ],
});

/** `random-429 12, limit-tokens 3`, the most frequent first. */
function countsOf(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${formatCount(count)}`)
    .join(", ");
}

function describeTexts(texts: MockLedger["texts"]): string {
  if (texts === null) return "";
  return `${formatCount(texts.distinct)} different, ${formatCount(texts.repeated)} paid for more than once`;
}
