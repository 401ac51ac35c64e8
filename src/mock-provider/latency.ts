import { chance } from "./chance.ts";
import type { MockLatency } from "./settings.ts";

/** How long one answer takes. Source of the normal draw: Box and Muller (1958). */
export function drawLatencyMs(
  latency: MockLatency,
  seed: number,
  requestNumber: number,
  tokens: number,
): number {
  const { medianMs, sigma, perTokenMs } = latency;
  const work = perTokenMs * tokens;
  if (sigma === 0) return medianMs + work;
  const radius = Math.sqrt(-2 * Math.log(1 - chance(seed, requestNumber, "latency radius")));
  const angle = 2 * Math.PI * chance(seed, requestNumber, "latency angle");
  return medianMs * Math.exp(sigma * radius * Math.cos(angle)) + work;
}
