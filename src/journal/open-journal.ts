import { randomUUID } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { BatchEntry, BatchJournal, BatchStep, JournalKey } from "../core/batch-journal.ts";
import { folderName, namesIn, removeEmptyFolder } from "../folders.ts";
import { journalReadError, journalWriteError } from "./journal-error.ts";
import { openDraft } from "./open-draft.ts";
import { writeDurably } from "./write-durably.ts";

/** Hexadecimal digits of a space id in a folder's name. */
const idDigits = 16;

/** What a record on disk says; paths follow from its name. */
type EntryRecord = Omit<BatchEntry, "name" | "input" | "output" | "errors">;

/**
 * Opens the journal of one version in a folder for all of them. A batch is a record in JSON, which is
 * replaced whole, beside its input file and the source hashes of its texts. Files without a record are
 * of a run that was killed before anything was sent: they go when the next batch is written.
 * @throws REEMBED_SPOOL_READ_FAILED
 */
export async function openJournal(root: string, key: JournalKey): Promise<BatchJournal> {
  const version = `${key.version}-${key.spaceId.slice(0, idDigits)}`;
  const folder = join(root, folderName(key.table), folderName(version));
  const entries = new Map<string, BatchEntry>();
  const place = (name: string): string => join(folder, name);
  const withPaths = (record: EntryRecord): BatchEntry => ({
    ...record,
    name: `reembed-${record.intent}.jsonl`,
    input: place(`${record.intent}.jsonl`),
    output: place(`${record.intent}.output`),
    errors: place(`${record.intent}.errors`),
  });
  const keep = async (record: EntryRecord): Promise<BatchEntry> => {
    const { intent, createdMs, texts, tokens, truncated, bytes, progress } = record;
    const written: EntryRecord = { intent, createdMs, texts, tokens, truncated, bytes, progress };
    await writeDurably(place(`${intent}.json`), JSON.stringify(written));
    const entry = withPaths(written);
    entries.set(intent, entry);
    return entry;
  };

  const names = await namesIn(folder).catch((error: unknown) => {
    throw journalReadError(folder, error);
  });
  for (const name of names.filter((each) => each.endsWith(".json"))) {
    const record = await readRecord(place(name));
    entries.set(record.intent, withPaths(record));
  }
  let strays = names.filter((name) => !entries.has(name.split(".")[0] ?? ""));

  return {
    entries: () => [...entries.values()].toSorted((a, b) => a.createdMs - b.createdMs),
    async draft() {
      const intent = randomUUID();
      try {
        await mkdir(folder, { recursive: true });
        for (const name of strays) await rm(place(name), { force: true });
        strays = [];
        return await openDraft(place(intent), (totals, createdMs) =>
          keep({ intent, createdMs, ...totals, progress: { step: "written" } }),
        );
      } catch (error) {
        throw journalWriteError(folder, error);
      }
    },
    advance: (entry, progress: BatchStep) => keep({ ...entry, progress }),
    async hashes({ intent }) {
      const path = place(`${intent}.hashes`);
      try {
        return new BigInt64Array(new Uint8Array(await readFile(path)).buffer);
      } catch (error) {
        throw journalReadError(path, error);
      }
    },
    async forget({ intent }) {
      for (const kind of ["jsonl", "output", "output.part", "errors", "errors.part", "hashes", "json.new"]) {
        await rm(place(`${intent}.${kind}`), { force: true });
      }
      // The record goes last, so that a killed run finds what is left of the others.
      await rm(place(`${intent}.json`), { force: true });
      entries.delete(intent);
      if (entries.size === 0) await removeEmptyFolder(folder);
    },
  };
}

async function readRecord(path: string): Promise<EntryRecord> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as EntryRecord;
  } catch (error) {
    throw journalReadError(path, error);
  }
}
