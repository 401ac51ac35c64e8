import { ReembedError } from "../core/errors.ts";

/** An error of the operating system over an output, with what to do about it. */
export function outputError(name: string, thrown: unknown): ReembedError {
  if (thrown instanceof ReembedError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  const advice = /ENOSPC/.test(reason)
    ? "make room and run the same command again"
    : "check that the place exists and may be written to, then run the same command again";
  return new ReembedError(
    "REEMBED_OUTPUT_WRITE_FAILED",
    `${name} could not be written (${reason}); ${advice}`,
    {
      details: { out: name },
      cause: thrown,
    },
  );
}
