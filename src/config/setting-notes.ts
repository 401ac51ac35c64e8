import { z } from "zod";

/** What is said of a setting beside its type: for messages, for the environment, and for the docs. */
export interface SettingNotes {
  readonly description: string;
  /** The environment variable that sets it; null where none does. */
  readonly variable: string | null;
  /** What its value must be, as the end of "write …". */
  readonly expected: string;
  /** Its value may be a secret: no message shows it. */
  readonly secret?: true;
}

export const settingNotes = z.registry<SettingNotes>();
