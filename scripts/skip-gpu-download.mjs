/**
 * Keeps `npm install reembed` within the npm registry: run by npm as the packed package's `preinstall`.
 *
 * onnxruntime-node has all that the CPU needs in its package, but on Linux x64 its install script also
 * fetches CUDA libraries (hundreds of megabytes, from another host), and where that host is out of reach
 * the whole install fails. npm runs every `preinstall` before any `postinstall`, so this one can take the
 * CUDA libraries off onnxruntime-node's list of required files; its own script then finds nothing to fetch.
 *
 * Nothing is changed in a checkout, nor if ONNXRUNTIME_NODE_INSTALL says what is wanted:
 * `ONNXRUNTIME_NODE_INSTALL=cuda12 npm install -g reembed` fetches the CUDA libraries. A failure here is
 * said and is no reason to stop: the install then goes as onnxruntime-node would have it.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const checkout = existsSync(join(root, "src"));
const decided = ["ONNXRUNTIME_NODE_INSTALL", "ONNXRUNTIME_NODE_INSTALL_CUDA"].some(
  (name) => process.env[name] || process.env[`npm_config_${name.toLowerCase()}`],
);

if (!checkout && !decided) {
  try {
    const file = createRequire(import.meta.url).resolve("onnxruntime-node/script/install-metadata.js");
    const text = readFileSync(file, "utf8");
    const changed = text.replace(/(['"]linux\/x64['"]:\s*)\[[^\]]*\]/, "$1[]");
    if (changed !== text) {
      // A new file in place of the old one: a package manager's store may hold hard links to it.
      writeFileSync(`${file}.new`, changed);
      renameSync(`${file}.new`, file);
    }
  } catch (error) {
    process.stderr.write(
      `reembed: could not tell onnxruntime-node to leave out its CUDA download (${String(error.message).split("\n")[0]}); ` +
        "if the install fails, set ONNXRUNTIME_NODE_INSTALL=skip and try again\n",
    );
  }
}
