/** A real process around the real command line, with a fake engine: for signals, pipes and crashes. */
import { processHost } from "../../../src/cli/host.ts";
import { run } from "../../../src/cli/run.ts";
import { endlessBackfill, fakeEngine } from "./fake-engine.ts";
import { config } from "./fake-host.ts";

const [scene = "", ...argv] = process.argv.slice(2);

process.exitCode = await run(argv, {
  ...processHost(),
  loadConfig: async () => config,
  async openEngine(_config, { signal = new AbortController().signal }) {
    return fakeEngine({
      async backfill(emit) {
        if (scene === "crash") {
          setTimeout(() => {
            throw new RangeError("nobody caught this");
          }, 50);
        }
        const drainMs = scene === "stuck" ? 60_000 : 50;
        const ends = scene === "short" ? { ends: AbortSignal.timeout(400) } : {};
        return endlessBackfill(emit, signal, { rows: 117_791, drainMs, ...ends });
      },
    });
  },
});
