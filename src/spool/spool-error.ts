import { ReembedError } from "../core/errors.ts";

/** An error of the operating system over a write to the spool, with what to do about it. */
export function spoolWriteError(path: string, thrown: unknown): ReembedError {
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  const advice = /ENOSPC|EDQUOT|EFBIG/.test(reason)
    ? "make room there, or name another place with stateFolder"
    : "check that the place exists and may be written to, or name another with stateFolder";
  return new ReembedError(
    "REEMBED_SPOOL_WRITE_FAILED",
    `finished vectors could not be kept in ${path} (${reason}), so the run stopped; what was committed stays: ${advice}, and run the same command to go on`,
    { details: { path }, cause: thrown },
  );
}

/** An error of the operating system over a read of the spool. */
export function spoolReadError(path: string, thrown: unknown): ReembedError {
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new ReembedError(
    "REEMBED_SPOOL_READ_FAILED",
    `finished vectors could not be read back from ${path} (${reason}): run it again, or remove the folder to have them computed again`,
    { details: { path }, cause: thrown },
  );
}
