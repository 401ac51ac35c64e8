import { readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { kill, pid } from "node:process";
import { ReembedError } from "../core/errors.ts";

const lockName = "_reembed.lock";

interface Holder {
  readonly host: string;
  readonly pid: number;
}

/**
 * Keeps other processes out of a folder of parts; a lock whose process is gone is taken over. Answers
 * what gives the folder back.
 * @throws REEMBED_OUTPUT_BUSY
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, lockName);
  const ours: Holder = { host: hostname(), pid };
  if (!(await createFile(path, JSON.stringify(ours)))) {
    const holder = await readHolder(path);
    if (holder === null || !isGone(holder)) throw busyError(folder, path, holder);
    await rm(path, { force: true });
    if (!(await createFile(path, JSON.stringify(ours))))
      throw busyError(folder, path, await readHolder(path));
  }
  return () => rm(path, { force: true });
}

async function createFile(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: "wx" });
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "EEXIST") return false;
    throw thrown;
  }
}

async function readHolder(path: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Holder;
  } catch {
    // Gone by now, or not written yet: either way somebody else is at work.
    return null;
  }
}

/** Only a process of this machine can be asked. */
function isGone(holder: Holder): boolean {
  if (holder.host !== hostname()) return false;
  if (holder.pid === pid) return false;
  try {
    kill(holder.pid, 0);
    return false;
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown && thrown.code === "ESRCH";
  }
}

function busyError(folder: string, path: string, holder: Holder | null): ReembedError {
  const who = holder === null ? "another process" : `process ${holder.pid} on ${holder.host}`;
  return new ReembedError(
    "REEMBED_OUTPUT_BUSY",
    `${who} is writing to ${folder}; wait for it, or delete ${path} if you know that it is gone`,
    { details: { folder, ...holder } },
  );
}
