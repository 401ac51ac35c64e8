import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { countPhysicalCores, parseCpuList, readQuota, usableCores } from "../../src/lanes/usable-cores.ts";

test("this machine has at least one core, and no more than it has threads", () => {
  const cores = usableCores();
  assert.ok(Number.isInteger(cores) && cores >= 1 && cores <= availableParallelism());
});

test("reads lists of CPUs", () => {
  assert.deepEqual(parseCpuList("0-2,5,8-9\n"), [0, 1, 2, 5, 8, 9]);
  assert.deepEqual(parseCpuList("3"), [3]);
  assert.deepEqual(parseCpuList(""), []);
});

test("hyperthreads of one core count once, unknown ones each", () => {
  const siblings = ["0,4", "1,5", "2,6", "3,7", "0,4", "1,5", null];
  const siblingsOf = (cpu: number): string | null => siblings[cpu] ?? null;
  assert.equal(countPhysicalCores([0, 1, 4, 5], siblingsOf), 2);
  assert.equal(countPhysicalCores([0, 6, 7], siblingsOf), 3);
});

const reader =
  (files: Readonly<Record<string, string>>) =>
  (path: string): string | null =>
    files[path] ?? null;

test("reads the quota of either cgroup version", () => {
  const cases = [
    [{}, null],
    [{ "/sys/fs/cgroup/cpu.max": "max 100000\n" }, null],
    [{ "/sys/fs/cgroup/cpu.max": "150000 100000\n" }, 1.5],
    [{ "/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/b/cpu.max": "400000 100000" }, 4],
    [{ "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000" }, null],
    [
      {
        "/proc/self/cgroup": "3:cpu,cpuacct:/x\n",
        "/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us": "200000",
        "/sys/fs/cgroup/cpu/x/cpu.cfs_period_us": "100000",
      },
      2,
    ],
  ] as const;
  for (const [files, quota] of cases) assert.equal(readQuota(reader(files)), quota);
});
