/** The repository's own files, read as text. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute folder of the repository. */
export const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Files that git tracks or would track, relative to the repository. */
export function repositoryFiles(): string[] {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: repository,
    encoding: "utf8",
  });
  return listed.split("\0").filter((path) => path !== "" && existsSync(join(repository, path)));
}

export function readRepositoryFile(path: string): string {
  return readFileSync(join(repository, path), "utf8");
}

/** One import of a source file. */
export interface SourceImport {
  /** As written: `../core/errors.ts`, `node:path`, `zod`. */
  readonly specifier: string;
  /** Erased before it runs. */
  readonly typeOnly: boolean;
}

/** The forms in which a module is named. Sources are formatted, so statements start at a line's start. */
const importForms: readonly { readonly form: RegExp; readonly typeOnly?: true }[] = [
  { form: /^(?:import|export)\s+type\s[^;"]*?\bfrom\s+"([^"]+)"/gm, typeOnly: true },
  { form: /^(?:import|export)\s+(?!type\s)[\w$*{}\s,]*?\bfrom\s+"([^"]+)"/gm },
  { form: /^import\s+"([^"]+)"/gm },
  { form: /\btypeof import\(\s*"([^"]+)"/g, typeOnly: true },
  { form: /(?<!typeof )\bimport\(\s*"([^"]+)"/g },
  { form: /\bcreateRequire\([^)]*\)(?:\.resolve)?\(\s*"([^"]+)"/g },
  { form: /\brequire(?:\.resolve)?\(\s*"([^"]+)"/g },
];

/** Every import of a source text: static, dynamic, of types, and through `require`. */
export function importsOf(source: string): SourceImport[] {
  const code = withoutComments(source);
  return importForms.flatMap(({ form, typeOnly }) =>
    [...code.matchAll(form)].map(([, specifier = ""]) => ({ specifier, typeOnly: typeOnly ?? false })),
  );
}

/** The file that a relative import of `file` means, relative to the repository. */
export function resolveImport(file: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(file), specifier));
}

const literalOrComment =
  /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[^])*`|\/\/[^\n]*|\/\*[^]*?\*\/|(?<=[(,=:[!&|?{};]\s*)\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[dgimsuvy]*/g;

function withoutComments(source: string): string {
  return source.replaceAll(literalOrComment, (found) =>
    found.startsWith("//") || found.startsWith("/*") ? found.replaceAll(/[^\n]/g, " ") : found,
  );
}

/** Code alone: comments, texts and patterns blanked; what templates compute is kept. */
export function codeOf(source: string): string {
  return source.replaceAll(literalOrComment, (found) => {
    const computed = found.startsWith("`")
      ? [...found.matchAll(/\$\{([^}]*)\}/g)].map(([, inner]) => inner).join(";")
      : "";
    return computed + found.replaceAll(/[^\n]/g, " ");
  });
}
