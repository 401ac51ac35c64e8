import { formatBytes, formatCount, formatDuration, formatMoney } from "../observe/quantities.ts";
import { type Block, fields, line, table } from "../observe/report.ts";
import type { EstimateResult } from "./estimate.ts";

/** An estimate for the terminal. */
export function estimateBlocks(result: EstimateResult): Block[] {
  const { rows, tokens, tokensError, measuredRows, measuredSeconds, peakBytes } = result;
  return [
    line(`${result.table} to ${result.model}`),
    fields([
      ["rows", formatCount(rows)],
      [
        "tokens",
        `${formatCount(tokens)}${tokensError === 0 ? "" : `, give or take ${formatCount(tokensError)}`}`,
      ],
      [
        "measured",
        measuredRows === 0
          ? ""
          : `${formatCount(measuredRows)} of these rows in ${formatDuration(measuredSeconds)}`,
      ],
      ["memory", peakBytes === null ? "" : formatBytes(peakBytes)],
      ["vectors", `${formatBytes(result.bytesNow)} now, ${formatBytes(result.bytesDuring)} while both exist`],
    ]),
    table(
      ["machines like this", "time", "95 % interval", "cost"],
      result.machines.map(({ machines, seconds, low, high, cost }) => [
        formatCount(machines),
        seconds === null ? "not known" : formatDuration(seconds),
        low === null || high === null ? "-" : `${formatDuration(low)} to ${formatDuration(high)}`,
        cost === null ? "not known" : formatMoney(cost),
      ]),
    ),
    ...result.notes.map((note) => line(note)),
  ];
}
