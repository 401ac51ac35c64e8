import { type ErrorCode, ReembedError } from "../core/errors.ts";

/** The error of one file of a model package. */
export function modelFileError(
  code: Extract<ErrorCode, `REEMBED_MODEL_${string}`>,
  file: string,
  reason: string,
  whatToDo: string,
  cause?: unknown,
): ReembedError {
  return new ReembedError(code, `${file}: ${reason}; ${whatToDo}`, { details: { file, reason }, cause });
}
