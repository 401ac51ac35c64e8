import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/**
 * Physical cores that this process may use: its CPU affinity, with hyperthreads of one core counted
 * once, and its cgroup's quota (v1 or v2). At least 1. Where the system does not tell, what Node says.
 */
export function usableCores(): number {
  const logical = availableParallelism();
  const allowed = readText("/proc/self/status")?.match(/^Cpus_allowed_list:\s*(\S+)$/m)?.[1];
  const physical = allowed === undefined ? logical : countPhysicalCores(parseCpuList(allowed), readSiblings);
  const quota = readQuota(readText);
  return Math.max(1, Math.min(logical, physical, Math.floor(quota ?? Infinity)));
}

/** The numbers in a list such as `0-2,5`. Source: cpuset(7), "List format". */
export function parseCpuList(list: string): number[] {
  return list
    .trim()
    .split(",")
    .filter((range) => range !== "")
    .flatMap((range) => {
      const [first = 0, last = first] = range.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
    });
}

/** Cores behind these CPUs; a CPU whose siblings are unknown counts as a core of its own. */
export function countPhysicalCores(
  cpus: readonly number[],
  siblingsOf: (cpu: number) => string | null,
): number {
  return new Set(cpus.map((cpu) => siblingsOf(cpu) ?? `cpu${cpu}`)).size;
}

/**
 * The cgroup's limit in cores, null where there is none. Of nested groups only the innermost that is
 * visible is read: in a container that is its root.
 * Source: kernel.org cgroup-v2 (`cpu.max`), cgroup-v1 (`cpu.cfs_quota_us`, `cpu.cfs_period_us`)
 */
export function readQuota(read: (path: string) => string | null): number | null {
  const own = read("/proc/self/cgroup") ?? "";
  const v2Path = own.match(/^0::(.*)$/m)?.[1] ?? "/";
  const v2 = read(`/sys/fs/cgroup${v2Path}/cpu.max`) ?? read("/sys/fs/cgroup/cpu.max");
  if (v2 !== null) {
    const [quota, period] = v2.trim().split(/\s+/).map(Number);
    return share(quota, period);
  }
  const v1Path = own.match(/^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(.*)$/m)?.[1] ?? "/";
  for (const folder of [`/sys/fs/cgroup/cpu${v1Path}`, "/sys/fs/cgroup/cpu"]) {
    const quota = read(`${folder}/cpu.cfs_quota_us`);
    const period = read(`${folder}/cpu.cfs_period_us`);
    if (quota !== null && period !== null) return share(Number(quota), Number(period));
  }
  return null;
}

/** `max` parses as NaN and -1 is negative: both mean no limit. */
function share(quota: number | undefined, period: number | undefined): number | null {
  if (quota === undefined || period === undefined) return null;
  return quota > 0 && period > 0 ? quota / period : null;
}

function readSiblings(cpu: number): string | null {
  return readText(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`)?.trim() ?? null;
}

/** Null where a file is not there: these are absent on other systems, and each has a fallback. */
function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
