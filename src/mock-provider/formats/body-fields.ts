import { invalidRequest, type Refusal } from "../refusal.ts";
import type { MockInput } from "../wire-format.ts";

/** A field that is not what the format asks for: caught where bodies are read. */
export class BodyError extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** The refusal of a body that is no JSON object. */
export const notJson: Refusal = invalidRequest("We could not parse the JSON body of your request.");

function wrong(param: string, what: string): never {
  throw new BodyError(invalidRequest(`Invalid '${param}': ${what}.`, { param }));
}

export type Body = Readonly<Record<string, unknown>>;

/** A body that is an object. */
export function bodyOf(value: unknown): Body {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Body;
  throw new BodyError(notJson);
}

/** A text that must be there. */
export function textField(body: Body, name: string): string {
  const value = body[name];
  return typeof value === "string" && value !== "" ? value : wrong(name, "a text is needed");
}

/** One of a few words; `fallback` where it is missing. */
export function choiceField<Choice extends string, Fallback extends Choice | null>(
  body: Body,
  name: string,
  choices: readonly Choice[],
  fallback: Fallback,
): Choice | Fallback {
  const value = body[name];
  if (value === undefined || value === null) return fallback;
  const choice = choices.find((each) => each === value);
  return choice ?? wrong(name, `one of ${choices.join(", ")} is needed, not ${JSON.stringify(value)}`);
}

/** A whole number of at least 1; null where it is missing. */
export function countField(body: Body, name: string): number | null {
  const value = body[name];
  if (value === undefined || value === null) return null;
  return Number.isSafeInteger(value) && (value as number) >= 1
    ? (value as number)
    : wrong(name, `a whole number of at least 1 is needed, not ${JSON.stringify(value)}`);
}

export function flagField(body: Body, name: string, fallback: boolean): boolean {
  const value = body[name];
  if (value === undefined || value === null) return fallback;
  return typeof value === "boolean" ? value : wrong(name, "true or false is needed");
}

/** A list of anything, with at least one item. */
export function listField(body: Body, name: string): readonly unknown[] {
  const value = body[name];
  return Array.isArray(value) && value.length > 0 ? value : wrong(name, "a list is needed");
}

/** A list of texts. */
export function textsField(body: Body, name: string): string[] {
  const value = body[name];
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    return wrong(name, "a list of texts is needed");
  }
  return value;
}

/** A text, a list of texts, the ids of one text, or a list of such lists. */
export function inputsField(body: Body, name: string): MockInput[] {
  const value = body[name];
  if (typeof value === "string") return [value];
  if (!Array.isArray(value) || value.length === 0) return wrong(name, "a text or a list of them is needed");
  if (isIds(value)) return [value];
  if (value.every((item) => typeof item === "string" || isIds(item))) return value;
  return wrong(name, "every item must be a text or a list of token ids");
}

function isIds(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((id) => Number.isSafeInteger(id) && id >= 0);
}
