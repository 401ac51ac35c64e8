import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** A package that is not part of this repository, and its version. */
export interface LoadedTool<Module> {
  readonly module: Module;
  readonly version: string;
}

/** Loads a package that `install.ts` put in a folder. The caller says what it uses of it. */
export async function loadTool<Module>(folder: string, name: string): Promise<LoadedTool<Module>> {
  const require = createRequire(join(folder, "package.json"));
  const described = readFileSync(join(folder, "node_modules", name, "package.json"), "utf8");
  const { version } = JSON.parse(described) as { readonly version: string };
  const module = (await import(pathToFileURL(require.resolve(name)).href)) as Module;
  return { module, version };
}
