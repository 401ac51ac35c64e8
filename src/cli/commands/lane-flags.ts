import { devices } from "../../core/device.ts";
import type { FlagValues } from "../flags.ts";

/** Flags of the commands that embed many texts. */
export const laneFlags = {
  workers: {
    kind: "count",
    placeholder: "N",
    about: "worker threads; default: the cores that this process may use",
  },
  threadsPerWorker: {
    kind: "count",
    placeholder: "N",
    about: "threads inside one call of a transformer; default: 1",
  },
  device: {
    kind: "choice",
    choices: devices,
    about: "what computes a transformer; one that is not there is refused; default: cpu",
  },
} as const;

/** The flags as settings. */
export function laneSettings({
  workers,
  threadsPerWorker,
  device,
}: FlagValues<typeof laneFlags>): FlagValues<typeof laneFlags> {
  return { workers, threadsPerWorker, device };
}
