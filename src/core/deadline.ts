/**
 * When a written deadline is: a date, a date and time (local unless it names a zone), or `now`.
 * Milliseconds since the epoch; not a number for anything else.
 */
export function deadlineMs(written: string, nowMs: number): number {
  if (written === "now") return nowMs;
  // Other forms mean different things to different readers.
  return /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}|$)/.test(written) ? Date.parse(written) : Number.NaN;
}
