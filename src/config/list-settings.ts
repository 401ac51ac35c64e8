import { z } from "zod";
import { type SettingNotes, settingNotes } from "./setting-notes.ts";
import { settingsSchema } from "./settings.ts";

/** One row of the table of settings. */
export interface Setting extends SettingNotes {
  /** Names from the outermost: `["gate", "confidence"]`. */
  readonly path: readonly string[];
  /** A map is of names that people choose; a variable gives it as JSON. */
  readonly kind: "group" | "text" | "number" | "switch" | "list" | "map";
  /** As JSON; undefined for a group, and for what has none. */
  readonly fallback: unknown;
}

/** Every setting in order of documentation, a group before its members: what docs are made from. */
export function listSettings(): Setting[] {
  return rowsOf(settingsSchema, []);
}

function rowsOf(group: z.ZodObject, above: readonly string[]): Setting[] {
  return Object.entries(group.shape).flatMap(([name, schema]) => {
    const noted = settingNotes.get(schema);
    if (noted === undefined) throw new TypeError(`the setting ${name} has no notes`);
    const path = [...above, name];
    const inner = unwrap(schema);
    if (inner instanceof z.ZodObject) {
      return [{ ...noted, path, kind: "group" as const, fallback: undefined }, ...rowsOf(inner, path)];
    }
    return [{ ...noted, path, kind: kindOf(inner), fallback: fallbackOf(schema) }];
  });
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const wrapped =
    schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodNullable;
  return wrapped ? unwrap(schema.unwrap()) : schema;
}

function kindOf(schema: z.core.$ZodType): Exclude<Setting["kind"], "group"> {
  if (schema instanceof z.ZodNumber) return "number";
  if (schema instanceof z.ZodBoolean) return "switch";
  if (schema instanceof z.ZodRecord) return "map";
  return schema instanceof z.ZodTuple || schema instanceof z.ZodArray ? "list" : "text";
}

function fallbackOf(schema: z.core.$ZodType): unknown {
  return schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined;
}
