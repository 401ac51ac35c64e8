/**
 * Writes the rooms' lint rules into .oxlintrc.json from the table of `test/support/rooms.ts`.
 * Usage: node scripts/room-lint.ts
 */
import { readFile, writeFile } from "node:fs/promises";
import { roomLintOverrides } from "../test/support/rooms.ts";

const file = new URL("../.oxlintrc.json", import.meta.url);
const config = JSON.parse(await readFile(file, "utf8")) as { overrides: { files: string[] }[] };
const isRoom = ({ files }: { files: string[] }): boolean => files.some((name) => name.startsWith("src/"));
const others = config.overrides.filter((override) => !isRoom(override));
await writeFile(
  file,
  `${JSON.stringify({ ...config, overrides: [...others, ...roomLintOverrides()] }, null, 2)}\n`,
);
