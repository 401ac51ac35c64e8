import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, platform, release, totalmem } from "node:os";

/** What a report's figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly architecture: string;
  readonly system: string;
  /** Logical CPUs that the process may use. */
  readonly cpus: number;
  /** CPU features that decide how fast a model runs. */
  readonly features: readonly string[];
  readonly memoryBytes: number;
  /** Limit of the control group; null where there is none. */
  readonly memoryLimitBytes: number | null;
  readonly node: string;
}

/** Features by which published figures differ. Names as in Linux's /proc/cpuinfo. */
const tellingFeatures = ["avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm", "sve"];

/**
 * Describes the machine that this process runs on. Only Linux tells CPU features and limits.
 * @param node version of the runtime
 */
export function describeMachine(node: string): Machine {
  const flags = readText("/proc/cpuinfo")?.match(/^(?:flags|Features)\s*:(.*)$/m)?.[1] ?? "";
  const present = new Set(flags.trim().split(/\s+/));
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    architecture: arch(),
    system: `${platform()} ${release()}`,
    cpus: availableParallelism(),
    features: tellingFeatures.filter((feature) => present.has(feature)),
    memoryBytes: totalmem(),
    memoryLimitBytes: memoryLimit(),
    node,
  };
}

/** Source: kernel.org, cgroup-v2 `memory.max`; `max` means no limit. */
function memoryLimit(): number | null {
  const limit = Number(readText("/sys/fs/cgroup/memory.max")?.trim());
  return Number.isFinite(limit) && limit > 0 ? limit : null;
}

/** Null where a file is not there: each of these has its fallback. */
function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
