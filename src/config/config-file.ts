import { access, readFile } from "node:fs/promises";
import { basename, dirname, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ReembedError } from "../core/errors.ts";
import { parseJsonDocument, pathKey } from "./json-document.ts";
import { isRecord, type SettingLayer } from "./setting-layer.ts";

/** The names that are looked for. */
const configFileNames = ["reembed.config.json", "reembed.config.ts"] as const;

export interface ConfigFile extends SettingLayer {
  /** Absolute folder of the file: what its relative paths are relative to. */
  readonly folder: string;
}

/**
 * Reads the configuration file that is named, or the one that lies in `cwd`; null where there is none.
 * @throws REEMBED_CONFIG_UNREADABLE, REEMBED_CONFIG_INVALID
 */
export async function readConfigFile(named: string | undefined, cwd: string): Promise<ConfigFile | null> {
  const path = named === undefined ? await findConfigFile(cwd) : resolve(cwd, named);
  if (path === null) return null;
  const shown = named ?? basename(path);
  const text = await readText(path, shown);
  switch (extname(path)) {
    case ".json":
      return { ...readJson(text, shown), folder: dirname(path) };
    case ".ts":
      return { ...(await importModule(text, path, shown)), folder: dirname(path) };
    default:
      throw new ReembedError(
        "REEMBED_CONFIG_UNREADABLE",
        `${shown} is neither a .json nor a .ts file; write the configuration as ${configFileNames.join(" or ")}`,
        { details: { file: path } },
      );
  }
}

async function findConfigFile(cwd: string): Promise<string | null> {
  const found: string[] = [];
  for (const name of configFileNames) {
    const path = resolve(cwd, name);
    const there = await access(path).then(
      () => true,
      () => false,
    );
    if (there) found.push(path);
  }
  if (found.length > 1) {
    throw new ReembedError(
      "REEMBED_CONFIG_INVALID",
      `both ${configFileNames.join(" and ")} are in ${cwd}; keep one, or name one with --config`,
      { details: { files: found } },
    );
  }
  return found[0] ?? null;
}

async function readText(path: string, shown: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const why = reason === "ENOENT" ? "does not exist" : `cannot be read (${reason})`;
    throw new ReembedError(
      "REEMBED_CONFIG_UNREADABLE",
      `the configuration file ${shown} ${why}; check --config`,
      {
        details: { file: path },
        cause: error,
      },
    );
  }
}

function readJson(text: string, shown: string): SettingLayer {
  const { value, positions } = parseJsonDocument(text, shown);
  return {
    values: settingsOf(value, shown),
    whereIs: (path) => {
      const line = positions.get(pathKey(path))?.line;
      return line === undefined ? shown : `${shown}:${line}`;
    },
  };
}

async function importModule(text: string, path: string, shown: string): Promise<SettingLayer> {
  let exported: Record<string, unknown>;
  try {
    exported = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    const old = error instanceof Error && "code" in error && error.code === "ERR_UNKNOWN_FILE_EXTENSION";
    const advice = old
      ? "this Node cannot load TypeScript: use Node 24, or write reembed.config.json"
      : `${error instanceof Error ? error.message : String(error)}; correct it, or write reembed.config.json`;
    throw new ReembedError("REEMBED_CONFIG_UNREADABLE", `${shown} cannot be loaded: ${advice}`, {
      details: { file: path },
      cause: error,
    });
  }
  if (!("default" in exported)) {
    throw new ReembedError(
      "REEMBED_CONFIG_INVALID",
      `${shown} has no default export; write export default { … }`,
      {
        details: { file: path },
      },
    );
  }
  return {
    values: settingsOf(exported["default"], shown),
    whereIs: (settingPath) => {
      const line = lineOfMember(text, settingPath);
      return line === null ? shown : `${shown}:${line}`;
    },
  };
}

function settingsOf(value: unknown, shown: string): Record<string, unknown> {
  if (isRecord(value)) return value;
  throw new ReembedError(
    "REEMBED_CONFIG_INVALID",
    `${shown}:1: the configuration must be an object; write { … }`,
    {
      details: { file: shown },
    },
  );
}

/** The line of a member in source text, found by its name after those around it; null if computed. */
function lineOfMember(text: string, path: readonly string[]): number | null {
  let at = 0;
  for (const name of path) {
    const found = new RegExp(`(?<![\\w$])["']?${name.replaceAll(/\W/g, String.raw`\$&`)}["']?\\s*[:,}]`).exec(
      text.slice(at),
    );
    if (found === null) return null;
    at += found.index;
  }
  return text.slice(0, at).split("\n").length;
}
