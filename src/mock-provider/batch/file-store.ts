import { createWriteStream, type WriteStream } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file that a client uploaded, or that a batch wrote. */
export interface MockFile {
  readonly id: string;
  readonly name: string;
  readonly purpose: "batch" | "batch_output";
  readonly bytes: number;
  /** Unit: milliseconds of the server's clock. */
  readonly createdMs: number;
  /** Where it lies until the server ends. */
  readonly path: string;
}

/** Files of one server, on disk: outputs of a batch do not fit into memory. */
export interface FileStore {
  put(name: string, content: Uint8Array): Promise<MockFile>;
  /** Opens a file to be written to; it is there once `finish` has answered. */
  write(name: string): Promise<{ readonly stream: WriteStream; finish(): Promise<MockFile> }>;
  get(id: string): MockFile | undefined;
  list(): readonly MockFile[];
  remove(id: string): Promise<boolean>;
  /** Removes everything. */
  close(): Promise<void>;
}

/** An empty store; its folder is made when the first file comes. @param nowMs the server's clock */
export function openFileStore(nowMs: () => number): FileStore {
  const files = new Map<string, MockFile>();
  let folder: Promise<string> | null = null;
  let made = 0;

  async function place(): Promise<{ readonly id: string; readonly path: string }> {
    folder ??= mkdtemp(join(tmpdir(), "reembed-mock-"));
    const id = `file-mock${++made}`;
    return { id, path: join(await folder, id) };
  }

  async function add(file: Omit<MockFile, "bytes" | "createdMs">): Promise<MockFile> {
    const { size: bytes } = await stat(file.path);
    const added = { ...file, bytes, createdMs: nowMs() };
    files.set(file.id, added);
    return added;
  }

  return {
    async put(name, content) {
      const { id, path } = await place();
      await writeFile(path, content);
      return add({ id, name, purpose: "batch", path });
    },
    async write(name) {
      const { id, path } = await place();
      const stream = createWriteStream(path);
      return {
        stream,
        async finish() {
          await new Promise<void>((resolve, reject) => stream.once("error", reject).end(resolve));
          return add({ id, name, purpose: "batch_output", path });
        },
      };
    },
    get: (id) => files.get(id),
    list: () => [...files.values()],
    async remove(id) {
      const file = files.get(id);
      if (file === undefined) return false;
      files.delete(id);
      await rm(file.path, { force: true });
      return true;
    },
    async close() {
      if (folder !== null) await rm(await folder, { recursive: true, force: true });
    },
  };
}
