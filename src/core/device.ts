/**
 * What computes a transformer. The names are ONNX Runtime's execution providers as people know them.
 *
 * A device is part of a space only where it moves vectors beyond noise. A float model gives the same
 * vectors on all of them up to rounding, so a table filled on a GPU may be searched by a query that a
 * CPU embedded. A dynamically quantised model does not: each device rounds and sums its integers in
 * its own way, as CPUs with and without VNNI do. There the device stands as the instruction class.
 */
export const devices = ["cpu", "webgpu", "cuda", "tensorrt", "coreml", "directml"] as const;
export type Device = (typeof devices)[number];

/**
 * Workers on a device other than the CPU, unless told otherwise: one call computes while the other's
 * texts are packed and its vectors pooled. Each holds the model in the device's memory.
 */
export const workersPerDevice = 2;
