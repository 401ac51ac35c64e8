/**
 * The one way in which a ceiling is measured from outside: it opens what it needs, writes
 * `{"ready":true,"about":TEXT}`, then for every line on standard input does its work once and answers
 * `{"value":NUMBER}`. The end of standard input ends it. Peers in Python speak the same.
 */
import { createInterface } from "node:readline";

export interface Rounds {
  /** Does the work once; answers with its rate. */
  run(): Promise<number>;
  close(): Promise<void>;
}

/** Serves rounds until standard input ends. @param about versions and settings, for the report */
export async function serveRounds(rounds: Rounds, about = ""): Promise<void> {
  say({ ready: true, about });
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() !== "") say({ value: await rounds.run() });
  }
  await rounds.close();
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
