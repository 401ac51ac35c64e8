/** The library: the same verbs as the command line, typed, as jobs to await or to watch. */
export { type ErrorCode, errorKinds, exitCodes, ReembedError } from "./core/errors.ts";
export type { ReembedEvent } from "./core/events.ts";
export type { Job } from "./core/job.ts";
export type * from "./core/model-packages.ts";
export type { SpaceDescription } from "./core/space.ts";
export type * from "./core/evaluation.ts";
export type * from "./core/search.ts";
export type * from "./core/verbs.ts";
export type * from "./core/verbs-plan.ts";
export type * from "./core/plan-file.ts";
export type * from "./core/verbs-check.ts";
export type * from "./core/verbs-embed.ts";
export type * from "./core/verbs-adoption.ts";
export type * from "./core/verbs-write.ts";
export type * from "./core/verbs-versions.ts";
export type { VersionState } from "./core/version.ts";
export type { CorpusColumns, Key } from "./core/words.ts";
export { openReembed, type Reembed, type ReembedOptions } from "./open-reembed.ts";
