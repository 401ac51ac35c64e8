import assert from "node:assert/strict";
import { ReembedError } from "../../../src/core/errors.ts";
import type { ErrorCode } from "../../../src/core/errors.ts";

/** Asserts that a promise rejects with this code, and a message that says all of these; gives the error. */
export async function rejectsWith(
  promise: Promise<unknown>,
  code: ErrorCode,
  ...says: readonly (string | RegExp)[]
): Promise<ReembedError> {
  const error: unknown = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ReembedError, `expected ${code}, got ${String(error)}`);
  assert.equal(error.code, code, error.message);
  for (const part of says) {
    if (typeof part === "string")
      assert.ok(error.message.includes(part), `${part} is not in: ${error.message}`);
    else assert.match(error.message, part);
  }
  return error;
}
