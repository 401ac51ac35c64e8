import { readFileSync } from "node:fs";
import { arch, platform } from "node:os";

/**
 * CPU flags that change how int8 products are summed, by architecture, the widest first.
 * Source: the kernels that ONNX Runtime's MLAS chooses among; flag names as in Linux's /proc/cpuinfo.
 */
const classes: Readonly<Record<string, readonly (readonly [flag: string, name: string])[]>> = {
  x64: [
    ["amx_int8", "x64-amx"],
    ["avx512_vnni", "x64-avx512vnni"],
    ["avx_vnni", "x64-avxvnni"],
    ["avx512bw", "x64-avx512"],
    ["avx2", "x64-avx2"],
  ],
  arm64: [
    ["i8mm", "arm64-i8mm"],
    ["asimddp", "arm64-dotprod"],
  ],
};

/** The class of a CPU with these flags; the bare architecture where none is known. */
export function classifyInstructions(architecture: string, flags: ReadonlySet<string>): string {
  return classes[architecture]?.find(([flag]) => flags.has(flag))?.[1] ?? architecture;
}

/** The instruction class of the CPU that this process runs on. Only Linux tells the flags. */
export function readInstructionClass(): string {
  return classifyInstructions(arch(), platform() === "linux" ? readFlags() : new Set());
}

function readFlags(): ReadonlySet<string> {
  const cpuinfo = readFileSync("/proc/cpuinfo", "utf8");
  const line = cpuinfo.match(/^(?:flags|Features)\s*:(.*)$/m)?.[1] ?? "";
  return new Set(line.trim().split(/\s+/));
}
