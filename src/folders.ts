/** Folders that keep state on disk: their names, what is in them, and how a new name lasts. */
import { type FileHandle, open, readdir, rmdir } from "node:fs/promises";

/** A name as one part of a path, whatever is in it. */
export function folderName(name: string): string {
  return encodeURIComponent(name).replaceAll(".", "%2E");
}

/** What a folder holds; nothing where it is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Removes a folder unless another process has put something into it. */
export async function removeEmptyFolder(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
}

/**
 * Makes the names of a folder durable: a new file or a rename lasts through a loss of power only once
 * its folder is on disk. Systems that cannot open a folder keep names by themselves.
 */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(folder, "r");
  } catch (error) {
    if (["EISDIR", "EPERM", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) return;
    throw error;
  }
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
