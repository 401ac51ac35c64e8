import { ReembedError } from "../core/errors.ts";

/** An error of the operating system over a write to the journal, with what to do about it. */
export function journalWriteError(path: string, thrown: unknown): ReembedError {
  return new ReembedError(
    "REEMBED_SPOOL_WRITE_FAILED",
    `what is under way in batches could not be recorded in ${path} (${reasonOf(thrown)}), so nothing more was sent: make room there, or check that it may be written to, and run the same command to go on`,
    { details: { path }, cause: thrown },
  );
}

/** An error of the operating system over a read of the journal. */
export function journalReadError(path: string, thrown: unknown): ReembedError {
  return new ReembedError(
    "REEMBED_SPOOL_READ_FAILED",
    `the record of a batch could not be read back from ${path} (${reasonOf(thrown)}): run it again. If you remove it, what the batch brings is paid for and lost`,
    { details: { path }, cause: thrown },
  );
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
