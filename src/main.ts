#!/usr/bin/env node
// The launcher. It must parse and run under any Node that knows ES modules, so that one which is too
// old gets a sentence instead of a stack trace; everything modern is behind the dynamic import.

/**
 * Oldest Node of each release line that has all we need.
 * Source: nodejs.org/api/zlib (Zstandard since 22.15.0 and 23.8.0); LanceDB 0.39 needs 22.
 */
const oldestMinor: Readonly<Record<string, number>> = { 22: 15, 23: 8 };

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 22 || minor < (oldestMinor[major] || 0)) {
  process.stderr.write(
    `reembed needs Node 22.15 or later (24 is best), and this is Node ${process.versions.node}: install a newer Node and run it again\n`,
  );
  process.exitCode = 2;
} else {
  import("./cli/run.ts")
    .then(({ run }) => run(process.argv.slice(2)))
    .then((code) => {
      process.exitCode = code;
      return code;
    })
    .catch((error: unknown) => {
      process.stderr.write(`reembed could not start: ${String(error)}\n`);
      process.exitCode = 1;
    });
}
