import { join, resolve } from "node:path";
import type { z } from "zod";
import { isHitLog } from "../core/hits.ts";
import { type ConfigFile, readConfigFile } from "./config-file.ts";
import { environmentLayer } from "./environment-layer.ts";
import { invalidSettings } from "./invalid-settings.ts";
import { parseReference } from "./parse-reference.ts";
import { mergeLayers, type SettingLayer, valueAt, whereSet } from "./setting-layer.ts";
import { type RunConfig, type Settings, settingsSchema } from "./settings.ts";

export type { RunConfig, Settings } from "./settings.ts";

export interface ConfigRequest {
  /** The file to read; undefined: `reembed.config.json` or `.ts` in `cwd`, if there is one. */
  readonly configFile?: string | undefined;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the command line says; members that are undefined say nothing. */
  readonly flags: Settings;
}

/**
 * Loads the configuration: defaults, under the file, under the environment, under flags.
 *
 * Paths in it are absolute. A relative path of the file, that of a `local:` model too, is relative to
 * the file's folder; any other to `cwd`.
 * @throws REEMBED_CONFIG_UNREADABLE, REEMBED_CONFIG_INVALID, REEMBED_CONFIG_UNPINNED,
 * REEMBED_CONFIG_REFERENCE: with where each fault stands, and what to write instead
 */
export async function loadConfig(request: ConfigRequest): Promise<RunConfig> {
  const file = await readConfigFile(request.configFile, request.cwd);
  const layers: SettingLayer[] = [environmentLayer(request.env), flagLayer(request.flags)];
  if (file !== null) layers.unshift(file);

  const merged = mergeLayers(layers);
  const checked = settingsSchema.safeParse(merged);
  if (!checked.success) throw invalidSettings(checked.error.issues, merged, layers);
  const config = resolvePaths(checked.data, file, request.cwd, layers);
  if (config.model !== null) {
    parseReference(config.model, whereSet(layers, ["model"]) ?? "", config.provider.acceptMutable);
  }
  for (const [tag, written] of Object.entries(config.modelTags)) {
    parseReference(written, whereSet(layers, ["modelTags", tag]) ?? "", config.provider.acceptMutable);
  }
  return deepFreeze(config);
}

function flagLayer(flags: Settings): SettingLayer {
  return {
    values: flags,
    whereIs: (path) =>
      `flag --${(path.at(-1) ?? "").replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  };
}

type CheckedSettings = z.output<typeof settingsSchema>;

function resolvePaths(
  checked: CheckedSettings,
  file: ConfigFile | null,
  cwd: string,
  layers: readonly SettingLayer[],
): RunConfig {
  const folderOf = (path: readonly string[]): string => {
    const layer = layers.findLast(({ values }) => valueAt(values, path) !== undefined);
    return file !== null && layer === file ? file.folder : cwd;
  };
  const absolute = <Path extends string | null>(path: Path, ...setting: string[]): Path | string =>
    path === null || /^[a-z][a-z0-9+.-]+:\/\//i.test(path)
      ? path
      : resolve(folderOf(setting), path.replace(/^file:/i, ""));

  const lockFileSet = whereSet(layers, ["lockFile"]) !== null;
  return {
    ...checked,
    db: absolute(checked.db, "db"),
    model: checked.model === null ? null : absoluteModel(checked.model, folderOf(["model"]), cwd),
    modelTags: Object.fromEntries(
      Object.entries(checked.modelTags).map(([tag, written]) => [
        tag,
        absoluteModel(written, folderOf(["modelTags", tag]), cwd),
      ]),
    ),
    lockFile: lockFileSet
      ? absolute(checked.lockFile, "lockFile")
      : join(file?.folder ?? cwd, checked.lockFile),
    hubCacheFolder: absolute(checked.hubCacheFolder, "hubCacheFolder"),
    stateFolder: absolute(checked.stateFolder, "stateFolder"),
    gate: {
      ...checked.gate,
      queries: absolute(checked.gate.queries, "gate", "queries"),
      qrels: absolute(checked.gate.qrels, "gate", "qrels"),
    },
    search: {
      ...checked.search,
      hits:
        checked.search.hits !== null && isHitLog(checked.search.hits)
          ? absolute(checked.search.hits, "search", "hits")
          : checked.search.hits,
    },
    deprecations: {
      ...checked.deprecations,
      files: checked.deprecations.files.map((path) => resolve(folderOf(["deprecations", "files"]), path)),
    },
    provider: {
      ...checked.provider,
      modelsFile: absolute(checked.provider.modelsFile, "provider", "modelsFile"),
      limitsFolder: absolute(checked.provider.limitsFolder, "provider", "limitsFolder"),
    },
  };
}

/** A `local:` reference of a file elsewhere, as seen from here; any other stays as it is written. */
function absoluteModel(written: string, folder: string, cwd: string): string {
  const local = /^local:([^?]+)(.*)$/s.exec(written);
  if (local === null || resolve(folder) === resolve(cwd)) return written;
  return `local:${resolve(folder, local[1] ?? "")}${local[2] ?? ""}`;
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}
