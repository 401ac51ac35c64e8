/** What the jobs keep outside the table, between one run and the next. */
import type { Alert, OutboxEntry } from "./alerts.ts";

/** A lock that one run at a time holds. */
export interface JobsLock {
  /** Gives it back; another run may begin at once. */
  release(): Promise<void>;
}

/** A text that was had from an address, for when it cannot be had again. */
export interface KeptCopy {
  readonly text: string;
  /** As the server gave them, to ask whether the text changed; null where it gave none. */
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** When the server last said that this is the text. Milliseconds since the epoch. */
  readonly checkedAtMs: number;
}

/** Keeps one copy for each address. */
export interface CopyKeeper {
  /** Null where there is none, or none that can be read. */
  read(url: string): Promise<KeptCopy | null>;
  keep(url: string, copy: KeptCopy): Promise<void>;
}

/** Keeps what was told of each table, and what is still to be told. */
export interface Outbox {
  read(table: string): Promise<readonly OutboxEntry[]>;
  keep(table: string, entries: readonly OutboxEntry[]): Promise<void>;
}

/** Where alerts go. */
export interface AlertChannel {
  /** What people call it: the start of an address, since the rest of it may be a secret. */
  readonly name: string;
  readonly outbox: Outbox;
  /** @throws REEMBED_ALERTS_UNDELIVERED, which may be tried again, and REEMBED_ALERTS_REFUSED */
  post(alert: Alert, entry: OutboxEntry): Promise<void>;
}
