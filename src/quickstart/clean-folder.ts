import { access, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ReembedError } from "../core/errors.ts";

const marker = ".reembed-quickstart";

/**
 * Makes an empty folder for a quickstart. What an earlier quickstart left there is removed; a folder
 * that holds anything else is not touched. Returns whether an earlier one was found.
 * @throws REEMBED_USAGE
 */
export async function cleanFolder(folder: string): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  const entries = await readdir(folder);
  const found = entries.length > 0;
  if (found) {
    await access(join(folder, marker)).catch(() => {
      throw new ReembedError(
        "REEMBED_USAGE",
        `the folder ${folder} holds something else than an earlier quickstart; name an empty one with --folder`,
        { details: { folder } },
      );
    });
    await rm(folder, { recursive: true });
    await mkdir(folder);
  }
  await writeFile(join(folder, marker), "made by reembed quickstart; its next run removes this folder\n");
  return found;
}
