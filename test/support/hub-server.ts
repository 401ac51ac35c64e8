/** A hub of models on the loopback: one repository at one commit, large files on another host, and faults on demand. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** What goes wrong with one answer. */
export type Fault =
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: string }
  /** So many bytes of the body come, and then none until `breakConnections`. */
  | { readonly kind: "cut"; readonly bytes: number }
  /** The first byte is another one. */
  | { readonly kind: "wrong" }
  /** The body says, and is, so many bytes longer (shorter, if negative) than the file. */
  | { readonly kind: "length"; readonly by: number }
  /** The whole file although a part was asked for. */
  | { readonly kind: "whole" };

export interface HubRequest {
  readonly host: "hub" | "store";
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

export interface HubServer {
  readonly endpoint: string;
  readonly revision: string;
  readonly files: ReadonlyMap<string, Buffer>;
  /** In the order in which they came. */
  readonly requests: readonly HubRequest[];
  /** Breaks the connections whose answers were cut. */
  breakConnections(): void;
}

export interface HubServerOptions {
  readonly owner?: string;
  readonly name?: string;
  readonly revision?: string;
  /** Files are served from here, or are given. */
  readonly folder?: string;
  readonly files?: Readonly<Record<string, Buffer>>;
  /** Files of at least so many bytes are on the other host. @default 100,000 */
  readonly largeBytes?: number;
  /** Without it, requests to the hub are refused with 401. */
  readonly token?: string;
  /** By path of a file, or `info`: the faults of its next answers, in order. */
  readonly faults?: Readonly<Record<string, Fault[]>>;
}

export const revision = "0123456789abcdef0123456789abcdef01234567";

/** Starts a hub that is closed when the test ends. */
export async function startHub(t: TestContext, options: HubServerOptions): Promise<HubServer> {
  const { owner = "owner", name = "name", faults = {}, largeBytes = 100_000 } = options;
  const commit = options.revision ?? revision;
  const files = new Map<string, Buffer>(
    options.folder === undefined ? Object.entries(options.files ?? {}) : readFolder(options.folder),
  );
  const requests: HubRequest[] = [];
  const held: ServerResponse[] = [];
  const note = (host: HubRequest["host"], request: IncomingMessage): void => {
    const { range, authorization } = request.headers;
    requests.push({ host, path: request.url ?? "", range, authorization });
  };

  const store = await listen(t, (request, response) => {
    note("store", request);
    const path = decodeURIComponent((request.url ?? "").slice(1));
    send({ request, response, held }, files.get(path), faults[path]?.shift());
  });

  const hub = await listen(t, (request, response) => {
    note("hub", request);
    if (options.token !== undefined && request.headers.authorization !== `Bearer ${options.token}`) {
      response.writeHead(401).end();
      return;
    }
    const url = new URL(request.url ?? "", "http://hub");
    const info = new RegExp(`^/api/models/${owner}/${name}/revision/([^/]+)$`).exec(url.pathname)?.[1];
    if (info !== undefined) {
      const fault = faults["info"]?.shift();
      if (fault?.kind === "status") return fail(response, fault);
      const known = ["main", commit].includes(decodeURIComponent(info));
      if (!known) return void response.writeHead(404).end();
      const siblings = url.searchParams.has("blobs") ? [...files].map(describe) : [];
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ id: `${owner}/${name}`, sha: commit, siblings }));
      return;
    }
    const prefix = `/${owner}/${name}/resolve/${commit}/`;
    const path = decodeURIComponent(url.pathname.slice(prefix.length));
    const file = url.pathname.startsWith(prefix) ? files.get(path) : undefined;
    if (file !== undefined && file.length >= largeBytes) {
      response.writeHead(302, { location: `${store}/${encodeURIComponent(path)}` }).end();
      return;
    }
    send({ request, response, held }, file, faults[path]?.shift());
  });

  function describe([path, content]: [string, Buffer]): object {
    const blob = createHash("sha1").update(`blob ${content.length}\0`).update(content);
    const plain = { rfilename: path, size: content.length, blobId: blob.digest("hex") };
    if (content.length < largeBytes) return plain;
    const sha256 = createHash("sha256").update(content).digest("hex");
    return { ...plain, lfs: { sha256, size: content.length, pointerSize: 134 } };
  }

  return {
    endpoint: hub,
    revision: commit,
    files,
    requests,
    breakConnections() {
      for (const response of held.splice(0)) response.destroy();
    },
  };
}

function readFolder(folder: string): [string, Buffer][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1).replaceAll("\\", "/"), readFileSync(path)];
    });
}

async function listen(
  t: TestContext,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server: Server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly held: ServerResponse[];
}

function send(
  { request, response, held }: Exchange,
  file: Buffer | undefined,
  fault: Fault | undefined,
): void {
  if (file === undefined) return void response.writeHead(404).end();
  if (fault?.kind === "status") return fail(response, fault);
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
  const from = asked === undefined || fault?.kind === "whole" ? 0 : Number(asked);
  let body = file.subarray(from);
  if (fault?.kind === "wrong") body = Buffer.concat([Buffer.from([body[0]! ^ 1]), body.subarray(1)]);
  if (fault?.kind === "length") {
    body = fault.by < 0 ? body.subarray(0, fault.by) : Buffer.concat([body, Buffer.alloc(fault.by)]);
  }
  const status = asked === undefined || fault?.kind === "whole" ? 200 : 206;
  const range = status === 206 ? { "content-range": `bytes ${from}-${file.length - 1}/${file.length}` } : {};
  response.writeHead(status, { "content-length": body.length, ...range });
  if (fault?.kind !== "cut") return void response.end(body);
  response.write(body.subarray(0, fault.bytes));
  held.push(response);
}

function fail(response: ServerResponse, { status, retryAfter }: Extract<Fault, { kind: "status" }>): void {
  response.writeHead(status, retryAfter === undefined ? {} : { "retry-after": retryAfter }).end();
}
