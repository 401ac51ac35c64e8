import { readFileSync } from "node:fs";

/** Packages that decide speed. */
const decidingPackages = [
  "@huggingface/tokenizers",
  "@lancedb/lancedb",
  "apache-arrow",
  "onnxruntime-node",
  "piscina",
] as const;

/** The program's own version and those of packages that decide its speed, as its package.json pins them. */
export function packageVersions(): {
  readonly version: string;
  readonly packages: Readonly<Record<string, string>>;
} {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { version, dependencies } = JSON.parse(text) as {
    readonly version: string;
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const packages = Object.fromEntries(
    decidingPackages.map((name) => [name, dependencies[name] ?? "unknown"]),
  );
  return { version, packages };
}
