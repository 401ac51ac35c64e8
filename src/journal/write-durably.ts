import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../folders.ts";
import { journalWriteError } from "./journal-error.ts";

/** Replaces a file whole: whoever reads it finds the old content or the new. @throws REEMBED_SPOOL_WRITE_FAILED */
export async function writeDurably(path: string, content: string): Promise<void> {
  try {
    const file = await open(`${path}.new`, "w");
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    await syncFolder(dirname(path));
  } catch (error) {
    throw journalWriteError(path, error);
  }
}
