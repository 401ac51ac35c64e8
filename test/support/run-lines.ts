/** Runs command lines one after the other in this process. Usage: node run-lines.ts, argv lists as JSON on standard input. */
import { text } from "node:stream/consumers";
import { runHere } from "./run-here.ts";

const commands = JSON.parse(await text(process.stdin)) as readonly (readonly string[])[];
const ends = [];
for (const args of commands) {
  const { exitCode, last } = await runHere(args, { cwd: process.cwd(), env: { ...process.env } as never });
  ends.push({ args, exitCode, last });
  if (exitCode !== 0) break;
}
process.stdout.write(JSON.stringify(ends));
