import assert from "node:assert/strict";
import { test } from "node:test";
import { classifyInstructions, readInstructionClass } from "../../src/space/instruction-class.ts";

test("the widest instruction set names the class", () => {
  const classes = [
    ["x64", "sse4_2 avx2 fma", "x64-avx2"],
    ["x64", "avx2 avx512f avx512bw", "x64-avx512"],
    ["x64", "avx2 avx_vnni", "x64-avxvnni"],
    ["x64", "avx2 avx512bw avx512_vnni", "x64-avx512vnni"],
    ["x64", "avx2 avx512_vnni amx_int8", "x64-amx"],
    ["x64", "sse2", "x64"],
    ["arm64", "fp asimd asimddp", "arm64-dotprod"],
    ["arm64", "asimddp i8mm", "arm64-i8mm"],
    ["arm64", "", "arm64"],
    ["riscv64", "avx2", "riscv64"],
  ] as const;
  for (const [architecture, flags, expected] of classes) {
    assert.equal(classifyInstructions(architecture, new Set(flags.split(" "))), expected);
  }
});

test("this machine has a class of its architecture", () => {
  assert.ok(readInstructionClass().startsWith(process.arch));
});
