import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { QueryCache, QueryCacheSize } from "../core/query-cache.ts";
import { namesIn } from "../folders.ts";
import { decodeEntry, encodeEntry, entryBytes, type EntryKey, entryKey, isOfSpace } from "./query-entry.ts";

export interface QueryCacheOptions {
  /** Bytes on disk that all entries may take together. */
  readonly limitBytes: number;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
}

/** Folders that entries are spread over, by the first digit of their hash: each is bounded by itself. */
const shards = "0123456789abcdef";

/** A full folder lets its eighth part go at once, so that few writes have to look at every file. */
const shareToKeep = 7 / 8;

/** Vectors waiting to be written at most; further ones are left for the next time they are asked for. */
const mostWaiting = 256;

/** An entry's time says when it was used last, but for so long: it costs a write. Unit: ms. */
const touchEveryMs = 60 * 60 * 1000;

/** Used entries remembered at most, to not touch them again. */
const mostTouched = 10_000;

/** A file that was being written so long ago was left by a process that died. Unit: ms. */
const abandonedMs = 60 * 60 * 1000;

const temporary = ".tmp";

/**
 * Opens the query cache of a folder. Each entry is a file that appears whole, so processes need no lock:
 * two that keep the same query write the same entry. The entries that were not used for longest go first.
 */
export function openQueryCache(folder: string, { limitBytes, nowMs }: QueryCacheOptions): QueryCache {
  const shardBytes = limitBytes / shards.length;
  const touched = new Map<string, number>();
  let writing: Promise<void> = Promise.resolve();
  let waiting = 0;
  let flaw: { readonly message: string; told: boolean } | null = null;

  const pathOf = (name: string): string => join(folder, name.slice(0, 1), name);

  /** Work that nobody waits for; where the folder cannot be written, the cache is only not kept up. */
  const later = (work: () => Promise<void>): void => {
    if (waiting >= mostWaiting) return;
    waiting += 1;
    writing = writing
      .then(work)
      .catch((error: unknown) => {
        const message = `vectors of queries cannot be kept in ${folder}: ${(error as Error).message}`;
        flaw ??= { message, told: false };
      })
      .finally(() => (waiting -= 1));
  };

  const touch = (name: string): void => {
    const now = nowMs();
    if (now - (touched.get(name) ?? Number.NEGATIVE_INFINITY) < touchEveryMs) return;
    if (touched.size >= mostTouched) touched.clear();
    touched.set(name, now);
    later(async () => {
      // Another process may have let it go.
      await utimes(pathOf(name), now / 1000, now / 1000).catch(() => {});
    });
  };

  const write = async ({ name }: EntryKey, entry: Uint8Array): Promise<void> => {
    const shard = join(folder, name.slice(0, 1));
    await mkdir(shard, { recursive: true, mode: 0o700 });
    const path = join(shard, `${randomUUID()}${temporary}`);
    try {
      const file = await open(path, "wx", 0o600);
      try {
        await file.writeFile(entry);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(path, pathOf(name));
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    await makeRoom(shard);
  };

  const makeRoom = async (shard: string): Promise<void> => {
    const names = await namesIn(shard);
    for (const name of names.filter((each) => each.endsWith(temporary))) {
      const age = nowMs() - ((await timeOf(join(shard, name))) ?? nowMs());
      if (age > abandonedMs) await rm(join(shard, name), { force: true });
    }
    let bytes = sum(names);
    if (bytes <= shardBytes) return;
    const entries: { name: string; usedMs: number }[] = [];
    for (const name of names) {
      if (entryBytes(name) === null) continue;
      entries.push({ name, usedMs: (await timeOf(join(shard, name))) ?? 0 });
    }
    for (const { name } of entries.toSorted((a, b) => a.usedMs - b.usedMs)) {
      if (bytes <= shardBytes * shareToKeep) return;
      await rm(join(shard, name), { force: true });
      bytes -= entryBytes(name) ?? 0;
    }
  };

  return {
    async find(space, text) {
      const key = entryKey(space, text);
      let entry: Uint8Array;
      try {
        entry = await readFile(pathOf(key.name));
      } catch {
        // Whatever keeps it from being read, the model can be asked instead.
        return null;
      }
      const vector = decodeEntry(entry, key, space);
      if (vector !== null) touch(key.name);
      return vector;
    },
    keep(space, text, vector) {
      const key = entryKey(space, text);
      const entry = encodeEntry(key, space, vector);
      later(() => write(key, entry));
    },
    async forget(spaceId) {
      await writing;
      for (const shard of shards) {
        for (const name of await namesIn(join(folder, shard))) {
          if (isOfSpace(name, spaceId)) await rm(pathOf(name), { force: true });
        }
      }
    },
    async size(): Promise<QueryCacheSize> {
      const names: string[] = [];
      for (const shard of shards) names.push(...(await namesIn(join(folder, shard))));
      const queries = names.filter((name) => entryBytes(name) !== null).length;
      return { folder, queries, bytes: sum(names), limitBytes };
    },
    takeFlaw() {
      if (flaw === null || flaw.told) return null;
      flaw.told = true;
      return flaw.message;
    },
    close: () => writing,
  };
}

function sum(names: readonly string[]): number {
  return names.reduce((bytes, name) => bytes + (entryBytes(name) ?? 0), 0);
}

/** When a file was written or used last, in milliseconds since the epoch; null where it is gone. */
async function timeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return null;
  }
}
