import type { z } from "zod";
import { ReembedError } from "../core/errors.ts";
import { nearestName } from "../core/nearest-name.ts";
import { listSettings } from "./list-settings.ts";
import { type SettingLayer, valueAt, whereSet } from "./setting-layer.ts";

/** What is wrong with the merged settings, one line for each fault: where, what, and what to write. */
export function invalidSettings(
  issues: readonly z.core.$ZodIssue[],
  merged: Record<string, unknown>,
  layers: readonly SettingLayer[],
): ReembedError {
  const problems = issues.flatMap((issue) => describeIssue(issue, merged, layers));
  return new ReembedError("REEMBED_CONFIG_INVALID", problems.join("\n"), { details: { problems } });
}

function describeIssue(
  issue: z.core.$ZodIssue,
  merged: Record<string, unknown>,
  layers: readonly SettingLayer[],
): string[] {
  const path = issue.path.map(String);
  const known = listSettings();
  const say = (at: readonly string[], what: string): string => {
    const where = whereSet(layers, at);
    return where === null ? what : `${where}: ${what}`;
  };

  if (issue.code === "unrecognized_keys") {
    const siblings = known
      .filter(
        (setting) =>
          setting.path.length === path.length + 1 && path.every((name, at) => setting.path[at] === name),
      )
      .map((setting) => setting.path.at(-1) ?? "");
    const group = path.length === 0 ? "" : ` in "${path.join(".")}"`;
    return issue.keys.map((name) => {
      const nearest = nearestName(name, siblings);
      const advice =
        nearest === null ? `the settings${group} are ${siblings.join(", ")}` : `write "${nearest}"`;
      return say([...path, name], `unknown setting "${name}"${group}; ${advice}`);
    });
  }
  const setting =
    known.find((row) => row.path.every((name, at) => path[at] === name) && row.kind !== "group") ??
    known.find((row) => row.path.join(".") === path.join("."));
  const value = valueAt(merged, path);
  const shown =
    setting?.secret === true
      ? "has another form (its value may be a secret and is not shown)"
      : `is ${JSON.stringify(value)}`;
  const fault = value === undefined ? "is missing" : shown;
  return [say(path, `"${path.join(".")}" ${fault}; write ${setting?.expected ?? "something else"}`)];
}
