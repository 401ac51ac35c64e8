import { join } from "node:path";
import { listSettings, type Setting } from "./list-settings.ts";
import type { SettingLayer } from "./setting-layer.ts";

/** The settings that environment variables give. An empty variable counts as absent. */
export function environmentLayer(env: Readonly<Record<string, string | undefined>>): SettingLayer {
  const values: Record<string, unknown> = {};
  const variables = new Map<string, string>();
  for (const setting of listSettings()) {
    const found = readVariable(setting, env);
    if (found === null) continue;
    variables.set(setting.path.join("."), found.variable);
    setValue(values, setting.path, found.value);
  }
  return {
    values,
    whereIs: (path) => {
      const prefix = path.join(".");
      const named = [...variables].find(
        ([name]) => name === prefix || name.startsWith(`${prefix}.`) || prefix.startsWith(`${name}.`),
      );
      return `environment variable ${named?.[1] ?? ""}`;
    },
  };
}

function readVariable(
  setting: Setting,
  env: Readonly<Record<string, string | undefined>>,
): { variable: string; value: unknown } | null {
  const { variable } = setting;
  if (variable === null) return null;
  const text = env[variable] ?? "";
  if (text !== "") return { variable, value: parseText(setting, text) };
  // The hub's own tools take its cache to be `hub` in its home, unless told apart.
  const home = env["HF_HOME"] ?? "";
  if (variable === "HF_HUB_CACHE" && home !== "") return { variable: "HF_HOME", value: join(home, "hub") };
  return null;
}

/** Text that is no value of the setting's kind stays text, for the check to name it. */
function parseText(setting: Setting, text: string): unknown {
  if (setting.kind === "switch" && ["true", "false"].includes(text)) return text === "true";
  if (setting.kind === "map") return parseMap(text);
  if (setting.kind === "list") return text.split(",").map((part) => part.trim());
  return setting.kind === "number" && text.trim() !== "" && Number.isFinite(Number(text))
    ? Number(text)
    : text;
}

/** An object of names and values, as JSON. */
function parseMap(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function setValue(values: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = "", ...rest] = path;
  if (rest.length === 0) {
    values[name] = value;
    return;
  }
  const group = (values[name] ?? {}) as Record<string, unknown>;
  values[name] = group;
  setValue(group, rest, value);
}
