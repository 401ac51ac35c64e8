import type { ReembedEvent } from "../core/events.ts";

type EventOf<Name extends ReembedEvent["event"]> = Extract<ReembedEvent, { event: Name }>;

/** What is going on, for the progress line. */
export type Activity =
  | {
      readonly kind: "import";
      readonly table: string;
      readonly sinceMs: number;
      readonly progress: EventOf<"import:progress"> | null;
    }
  | {
      readonly kind: "backfill";
      readonly version: string;
      readonly sinceMs: number;
      readonly progress: EventOf<"backfill:progress"> | null;
      readonly units: number;
      readonly unitsDone: number;
    }
  | { readonly kind: "batch"; readonly sinceMs: number; readonly progress: EventOf<"batch:progress"> }
  | { readonly kind: "embed"; readonly sinceMs: number; readonly progress: EventOf<"embed:progress"> }
  | { readonly kind: "index"; readonly version: string; readonly rows: number; readonly sinceMs: number }
  | {
      readonly kind: "adopt";
      readonly version: string;
      readonly rows: number;
      readonly totalRows: number;
      readonly sinceMs: number;
    }
  | {
      readonly kind: "eval";
      readonly version: string;
      readonly queries: number;
      readonly total: number;
      readonly sinceMs: number;
    }
  | {
      readonly kind: "pull";
      readonly reference: string;
      readonly bytes: number;
      readonly totalBytes: number;
      readonly sinceMs: number;
    }
  | { readonly kind: "bench"; readonly sinceMs: number; readonly progress: EventOf<"bench:progress"> }
  | { readonly kind: "step"; readonly title: string; readonly sinceMs: number };

/** What is going on once an event has happened; null where nothing is that takes time. */
export function nextActivity(activity: Activity | null, event: ReembedEvent, nowMs: number): Activity | null {
  switch (event.event) {
    case "import:started":
      return { kind: "import", table: event.table, sinceMs: nowMs, progress: null };
    case "import:progress":
      return activity?.kind === "import"
        ? { ...activity, progress: event }
        : { kind: "import", table: "", sinceMs: nowMs, progress: event };
    case "round:planned":
      return {
        kind: "backfill",
        version: event.version,
        sinceMs: nowMs,
        // Counts go on over the rounds of a run, so the last known ones still hold.
        progress: activity?.kind === "backfill" ? activity.progress : null,
        units: event.units,
        unitsDone: 0,
      };
    case "backfill:progress":
      return activity?.kind === "backfill"
        ? { ...activity, progress: event }
        : {
            kind: "backfill",
            version: event.version,
            sinceMs: nowMs,
            progress: event,
            units: 0,
            unitsDone: 0,
          };
    case "batch:progress":
      return {
        kind: "batch",
        sinceMs: activity?.kind === "batch" ? activity.sinceMs : nowMs,
        progress: event,
      };
    case "embed:progress":
      return {
        kind: "embed",
        sinceMs: activity?.kind === "embed" ? activity.sinceMs : nowMs,
        progress: event,
      };
    case "unit:committed":
      return activity?.kind === "backfill" ? { ...activity, unitsDone: activity.unitsDone + 1 } : activity;
    case "index:started":
      return { kind: "index", version: event.version, rows: event.rows, sinceMs: nowMs };
    case "adopt:progress":
      return {
        kind: "adopt",
        version: event.version,
        rows: event.rows,
        totalRows: event.totalRows,
        sinceMs: activity?.kind === "adopt" && activity.version === event.version ? activity.sinceMs : nowMs,
      };
    case "eval:progress":
      return {
        kind: "eval",
        version: event.version,
        queries: event.queries,
        total: event.total,
        sinceMs: activity?.kind === "eval" && activity.version === event.version ? activity.sinceMs : nowMs,
      };
    case "pull:started":
      return { kind: "pull", reference: event.reference, bytes: 0, totalBytes: 0, sinceMs: nowMs };
    case "pull:progress":
      return {
        kind: "pull",
        reference: event.reference,
        bytes: event.bytes,
        totalBytes: event.totalBytes,
        sinceMs: activity?.kind === "pull" ? activity.sinceMs : nowMs,
      };
    case "bench:progress":
      return {
        kind: "bench",
        sinceMs: activity?.kind === "bench" ? activity.sinceMs : nowMs,
        progress: event,
      };
    case "step:started":
      return { kind: "step", title: event.title, sinceMs: nowMs };
    case "import:finished":
    case "index:finished":
    case "step:finished":
    case "pull:finished":
      return null;
    case "batch:created":
    case "batch:ended":
    case "lane:started":
    case "lease:waiting":
    case "serve:listening":
    case "jobs:finished":
    case "mock-provider:listening":
    case "version:changed":
    case "backup:named":
    case "warning:raised":
      return activity;
  }
}
