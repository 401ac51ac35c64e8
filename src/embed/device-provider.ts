import { ReembedError } from "../core/errors.ts";
import type { Device } from "../core/device.ts";

interface Provider {
  /** ONNX Runtime's name of it. */
  readonly name: string;
  /** What has to be there for it. */
  readonly needs: string;
}

const cudaLibraries =
  "reinstall onnxruntime-node with ONNXRUNTIME_NODE_INSTALL=cuda12 set, which fetches its CUDA libraries";

/**
 * Device -> execution provider. Source of what each needs: the README of onnxruntime-node (WebGPU, CUDA
 * 12 and TensorRT on Linux x64, CoreML on macOS, DirectML on Windows) and ONNX Runtime's pages on its
 * execution providers (cuDNN 9, TensorRT 10).
 */
const providers: Readonly<Record<Device, Provider>> = {
  cpu: { name: "cpu", needs: "nothing beside onnxruntime-node" },
  webgpu: {
    name: "webgpu",
    needs:
      "a GPU and its driver: with Vulkan and its loader (libvulkan1) on Linux, Metal on macOS, Direct3D 12 on Windows",
  },
  cuda: {
    name: "cuda",
    needs: `Linux on x64, an NVIDIA GPU with its driver, CUDA 12 and cuDNN 9; ${cudaLibraries}`,
  },
  tensorrt: {
    name: "tensorrt",
    needs: `Linux on x64, an NVIDIA GPU with its driver, CUDA 12, cuDNN 9 and TensorRT 10; ${cudaLibraries}`,
  },
  coreml: { name: "coreml", needs: "macOS" },
  directml: { name: "dml", needs: "Windows and a GPU with Direct3D 12" },
};

/** The execution provider of a device, by ONNX Runtime's name. */
export function providerOf(device: Device): string {
  return providers[device].name;
}

/** Why a device cannot be used here, and what it needs. Nothing falls back to the CPU. */
export function deviceError(device: Device, cause: unknown): ReembedError {
  const reason = firstSentence(cause instanceof Error ? cause.message : String(cause));
  return new ReembedError(
    "REEMBED_LANE_DEVICE",
    `device "${device}" cannot be used here (${reason}); it needs ${providers[device].needs}. Or use --device cpu`,
    { details: { device, reason, needs: providers[device].needs }, cause },
  );
}

/** What a failed check of ONNX Runtime says, without the source file, function and condition before it. */
function firstSentence(message: string): string {
  const [line = ""] = message.split("\n");
  return line
    .replace(/^.* was false\. /, "")
    .replace(/^no available backend found\. ERR: /, "")
    .replace(/\.$/, "");
}
