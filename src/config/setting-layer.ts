/** Settings from one place: a file, the environment, or flags. Unchecked. */
export interface SettingLayer {
  readonly values: Readonly<Record<string, unknown>>;
  /** Where people find the setting at this path: file and line, variable or flag. */
  readonly whereIs: (path: readonly string[]) => string;
}

/** One object of all layers: later ones win, member by member. */
export function mergeLayers(layers: readonly SettingLayer[]): Record<string, unknown> {
  return layers.reduce<Record<string, unknown>>((merged, layer) => mergeTwo(merged, layer.values), {});
}

/** Where the setting at this path, or else the nearest one around it, was last given; else null. */
export function whereSet(layers: readonly SettingLayer[], path: readonly string[]): string | null {
  for (let length = path.length; length > 0; length -= 1) {
    const part = path.slice(0, length);
    const layer = layers.findLast(({ values }) => valueAt(values, part) !== undefined);
    if (layer !== undefined) return layer.whereIs(part);
  }
  return null;
}

/** The value at a path, or undefined. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (isRecord(inner) || Array.isArray(inner) ? Reflect.get(inner, name) : undefined),
    value,
  );
}

/** Whether a value is an object with named members: not null, no array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mergeTwo(
  below: Readonly<Record<string, unknown>>,
  above: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged = { ...below };
  for (const [name, value] of Object.entries(above)) {
    if (value === undefined) continue;
    const under = merged[name];
    merged[name] = isRecord(under) && isRecord(value) ? mergeTwo(under, value) : value;
  }
  return merged;
}
