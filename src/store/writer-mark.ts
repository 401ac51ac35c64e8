import { hostname } from "node:os";
import { kill, pid } from "node:process";

/** Who writes, and since when: left on a table while work on it is under way. */
export interface WriterMark {
  readonly startedAt: string;
  /** The process that writes, to tell a killed writer from a slow one. */
  readonly host: string;
  readonly pid: number;
}

/** The mark of work that this process begins now. */
export function newWriterMark(): WriterMark {
  return { startedAt: new Date().toISOString(), host: hostname(), pid };
}

/** Whether the marked process is gone; one of another machine cannot be asked, and counts as gone after so long. */
export function isAbandoned(mark: WriterMark, longestMs: number): boolean {
  if (mark.host !== hostname()) return !(Date.now() - Date.parse(mark.startedAt) <= longestMs);
  try {
    kill(mark.pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/** The mark in words, for messages. */
export function describeWriter(mark: WriterMark): string {
  return `process ${mark.pid} on ${mark.host}, since ${mark.startedAt}`;
}
