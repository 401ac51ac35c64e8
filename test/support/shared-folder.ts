import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of development data beside the checkout; tests that need it are skipped without it. */
export const sharedFolder: string = fileURLToPath(new URL("../../../shared", import.meta.url));

/** For `test(name, { skip: withoutShared }, …)`: false, or why the test is skipped. */
export const withoutShared: string | false = existsSync(sharedFolder)
  ? false
  : "the shared development data is not beside this checkout";
