import { type ErrorCode, type ErrorDetails, ReembedError } from "../core/errors.ts";

/**
 * What LanceDB says when a commit lost against another and may be tried again on the newer table.
 * Source: the conflicts of lance 12 provoked by test, and its `CommitConflict` family of messages.
 */
const conflictPattern =
  /commit conflict|preempted by concurrent|incompatible with concurrent|incompatible transaction|concurrent (writers|commit)|conflicting (version|transaction)/i;

/**
 * Whether LanceDB's builder of an index lost the scratch files that it had written itself under the
 * system's temporary folder: seen under load, when a table is compacted and indexed at once in one
 * process. Nothing was committed, and building again succeeds.
 */
export function lostScratchFiles(error: unknown): boolean {
  return /Not found: \S*\.tmp\w+[\\/]ivf_\d+\.lance/.test(String(error));
}

/** Whether an error of LanceDB means that another writer's commit came first. */
export function isConflict(error: unknown): boolean {
  return error instanceof Error && conflictPattern.test(error.message);
}

/** LanceDB's reason without the trace of Rust source files that it appends, and said once. */
export function lanceReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const reason = message
    .replaceAll(/,?\s*\S*\/[\w./-]+\.rs:\d+(:\d+)?/g, "")
    .split(/\s+Caused by:/)[0]
    ?.replaceAll(/(lance error: |LanceError\((\w+)\): |GenericFailure, |Invalid input, )+/g, "")
    .trim();
  return reason === undefined || reason === "" ? message : reason;
}

/** Wraps what LanceDB threw: our code, what was being done, and its reason. Ours pass unchanged. */
export function storeError(
  error: unknown,
  code: ErrorCode,
  doing: string,
  details: ErrorDetails = {},
): ReembedError {
  if (error instanceof ReembedError) return error;
  if (isConflict(error)) {
    return new ReembedError(
      "REEMBED_STORE_CONFLICT",
      `${doing}: other writers committed first each time (${lanceReason(error)}); run it again when they are quieter`,
      { details, cause: error },
    );
  }
  return new ReembedError(code, `${doing}: ${lanceReason(error)}`, { details, cause: error });
}

/** A version that is in no state for what was asked. */
export function stateError(table: string, message: string): ReembedError {
  return new ReembedError("REEMBED_STORE_STATE", `table ${table}: ${message}`, { details: { table } });
}
