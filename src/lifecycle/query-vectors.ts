import { ReembedError } from "../core/errors.ts";
import { embedded, type RowOutcomeName, rowOutcomes } from "../core/outcome.ts";
import type { Lane } from "../core/ports.ts";
import type { QueryCache } from "../core/query-cache.ts";
import type { SpaceDescription } from "../core/space.ts";
import type { VersionRecord } from "../core/version.ts";
import { isEmbedderDown } from "./embedder-down.ts";

/** A query in one version's space. */
export interface QueryVector {
  /** Shape: `[dimensions]`. */
  readonly vector: Float32Array;
  /** Whether it was kept from an earlier search, and the model not asked. */
  readonly fromCache: boolean;
}

/** What is needed to embed queries. */
export interface QueryVectorPorts {
  /** Refuses a version whose model is of another space today; asks nothing of it. */
  verify(version: VersionRecord): Promise<void>;
  /** The version's lane, checked against its canary. @throws REEMBED_CANARY_TRIPPED and what opening throws */
  laneFor(version: VersionRecord, signal?: AbortSignal): Promise<Lane>;
  /** Null where vectors of queries are not to be kept. */
  readonly cache: QueryCache | null;
  /** How long a hosted model may take for a query. Unit: milliseconds. */
  readonly patienceMs: number;
  /** Space id -> until when its model is taken to be down. Unit: milliseconds since the epoch. */
  readonly downUntil: Map<string, number>;
  nowMs(): number;
}

/**
 * Prepares a query's vector, so that starting a model is not counted as searching; the second call gives
 * it. @throws REEMBED_PROVIDER_UNAVAILABLE and whatever else keeps the model from being asked
 */
export type PrepareQuery = (version: VersionRecord, text: string) => Promise<() => Promise<QueryVector>>;

/** A static model is faster than a disk; the others are dear, or can be down. */
const kept: Readonly<Record<SpaceDescription["kind"], boolean>> = { static: false, onnx: true, api: true };

/**
 * How long a known query waits for a hosted model to show that it is still the same. One that does not
 * answer cannot, and is not asked again by known queries for a while. Unit: milliseconds.
 */
const checkPatienceMs = 2_000;
const downForMs = 30_000;

/** Embeds queries, and keeps the vectors of those that it has embedded. */
export function createQueryVectors(ports: QueryVectorPorts): PrepareQuery {
  const { downUntil } = ports;

  /** Makes sure of a known query's model as far as it can be asked at all. */
  const confirm = async (version: VersionRecord): Promise<void> => {
    try {
      const isDown = ports.nowMs() < (downUntil.get(version.spaceId) ?? 0);
      if (version.space.kind !== "api" || isDown) return await ports.verify(version);
      await within(version, checkPatienceMs, (signal) => ports.laneFor(version, signal));
    } catch (error) {
      if (!isEmbedderDown(error)) throw error;
      if (version.space.kind === "api") downUntil.set(version.spaceId, ports.nowMs() + downForMs);
    }
  };

  return async (version, text) => {
    const cache = kept[version.space.kind] ? ports.cache : null;
    const known = (await cache?.find(version, text)) ?? null;
    if (known !== null) {
      await confirm(version);
      return async () => ({ vector: known, fromCache: true });
    }
    const { patienceMs } = ports;
    const lane = await within(version, patienceMs, (signal) => ports.laneFor(version, signal));
    return async () => {
      const vector = await within(version, patienceMs, (signal) => embedQuery(lane, text, signal));
      downUntil.delete(version.spaceId);
      cache?.keep(version, text, vector);
      return { vector, fromCache: false };
    };
  };
}

/** Gives a hosted model so long; one on this machine takes what it takes. */
async function within<Result>(
  { reference, space }: VersionRecord,
  ms: number,
  work: (signal: AbortSignal | undefined) => Promise<Result>,
): Promise<Result> {
  if (space.kind !== "api") return work(undefined);
  const signal = AbortSignal.timeout(ms);
  const late = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => {
    const message = `${reference} did not answer within ${ms / 1000} s; it is down, or slower than the setting search.patienceSeconds`;
    late.reject(new ReembedError("REEMBED_PROVIDER_UNAVAILABLE", message, { details: { waitedMs: ms } }));
  });
  late.promise.catch(() => {});
  return Promise.race([work(signal), late.promise]);
}

/** The query's vector. Shape: `[dimensions]`. @throws REEMBED_USAGE where the text has none */
async function embedQuery(lane: Lane, text: string, signal: AbortSignal | undefined): Promise<Float32Array> {
  const result = await lane.embed([text], { purpose: "query", signal });
  const outcome = result.outcomes[0] as number;
  if (outcome === embedded) return result.vectors;
  const reason = rowOutcomes[outcome] as RowOutcomeName;
  throw new ReembedError(
    "REEMBED_USAGE",
    `the query ${JSON.stringify(text)} has no vector in this space (${reason}); write other words`,
    { details: { reason } },
  );
}
