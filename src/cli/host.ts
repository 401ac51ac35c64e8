import type { Engine } from "./engine-port.ts";
import type { SignalSource } from "./interruption.ts";
import type { RunConfig, Settings } from "../config/load-config.ts";
import type { OutputStream } from "./terminal.ts";

/** Everything outside that a command line touches; tests bring their own. */
export interface Host {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly signals: SignalSource & {
    on(event: "uncaughtException", listener: (error: unknown) => void): unknown;
    off(event: "uncaughtException", listener: (error: unknown) => void): unknown;
  };
  nowMs(): number;
  /** Ends the process at once. */
  exit(code: number): void;
  loadConfig(request: {
    readonly configFile: string | undefined;
    readonly cwd: string;
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly flags: Settings;
  }): Promise<RunConfig>;
  openEngine(
    config: RunConfig,
    options: { readonly signal: AbortSignal; readonly pin: boolean },
  ): Promise<Engine>;
}

/** The process itself. Engine and configuration are loaded when first needed: help is quick without them. */
export function processHost(): Host {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    signals: process,
    nowMs: () => performance.timeOrigin + performance.now(),
    exit: (code) => process.exit(code),
    loadConfig: async (request) => (await import("../config/load-config.ts")).loadConfig(request),
    openEngine: async (config, options) => (await import("../engine.ts")).openEngine(config, options),
  };
}
