import type { Calendar, Deprecation } from "../core/deprecations.ts";
import { ReembedError } from "../core/errors.ts";
import type { CopyKeeper, KeptCopy } from "../core/ports-jobs.ts";
import { fetchText } from "./fetch-text.ts";
import { shownAddress } from "./web-address.ts";

/** A calendar is some kilobytes; a server that says more than this says something else. Unit: bytes. */
const maxBytes = 1024 * 1024;

/** Commands wait for it, so it is given as long as a person waits. Unit: ms. */
const timeoutMs = 10_000;

/** Ends of models are announced months ahead, and scrapes come every few seconds. Unit: ms. */
const freshMs = 60 * 60 * 1000;

/** So long a server that did not answer is left alone by one process. Unit: ms. */
const pauseMs = 60_000;

export interface CalendarByUrlOptions {
  readonly url: string;
  readonly copies: CopyKeeper;
  /** @throws REEMBED_CONFIG_INVALID with the name and the line */
  readonly parse: (text: string, name: string) => readonly Deprecation[];
  readonly nowMs: () => number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A calendar that is kept at an address: asked for at most once an hour over all processes, and then
 * only whether it changed. Where it cannot be had or read, the last good copy stands in for it, and a
 * note says so and how old it is; it never ends a command.
 */
export function calendarByUrl(options: CalendarByUrlOptions): () => Promise<Calendar> {
  const { url, copies, parse, nowMs, signal } = options;
  const name = shownAddress(url);
  let failure: { readonly atMs: number; readonly reason: string } | null = null;

  return async () => {
    const copy = await copies.read(url);
    const known = copy === null ? null : usable(copy);
    if (known !== null && nowMs() - known.copy.checkedAtMs < freshMs) {
      return { entries: known.entries, notes: [] };
    }
    if (failure !== null && nowMs() - failure.atMs < pauseMs) return standIn(known, failure.reason);
    try {
      const asked = await ask(known);
      failure = null;
      return asked;
    } catch (error) {
      failure = { atMs: nowMs(), reason: ReembedError.from(error).message };
      return standIn(known, failure.reason);
    }
  };

  async function ask(known: Known | null): Promise<Calendar> {
    const validators = known?.copy ?? { etag: null, lastModified: null };
    const answer = await fetchText(url, validators, { timeoutMs, maxBytes, signal });
    if (answer.state === "unchanged" && known !== null) {
      return { entries: known.entries, notes: await keep({ ...known.copy, checkedAtMs: nowMs() }) };
    }
    if (answer.state === "unchanged") return { entries: [], notes: [] };
    const { text, etag, lastModified } = answer;
    const entries = parse(text, name);
    return { entries, notes: await keep({ text, etag, lastModified, checkedAtMs: nowMs() }) };
  }

  /** What was had is used, also where it cannot be kept for the next time. */
  async function keep(copy: KeptCopy): Promise<string[]> {
    try {
      await copies.keep(url, copy);
      return [];
    } catch (error) {
      const { message } = ReembedError.from(error);
      return [`the calendar of deprecations ${name} could not be kept for when it is down: ${message}`];
    }
  }

  /** A copy that an older release kept may have another form by now: then it is none. */
  function usable(copy: KeptCopy): Known | null {
    try {
      return { copy, entries: parse(copy.text, name) };
    } catch {
      return null;
    }
  }

  function standIn(known: Known | null, reason: string): Calendar {
    const failed = `the calendar of deprecations could not be had: ${reason}`;
    if (known === null) {
      return {
        entries: [],
        notes: [`${failed}; there is no earlier copy of it, so what it says is not known here`],
      };
    }
    const { checkedAtMs } = known.copy;
    const day = new Date(checkedAtMs).toISOString().slice(0, 16).replace("T", " ");
    return {
      entries: known.entries,
      notes: [`${failed}; the copy of ${day} UTC is used, ${age(nowMs() - checkedAtMs)} old`],
    };
  }
}

interface Known {
  readonly copy: KeptCopy;
  readonly entries: readonly Deprecation[];
}

function age(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  if (hours < 48) return `${hours} hour${hours === 1 ? "" : "s"}`;
  return `${Math.floor(hours / 24)} days`;
}
