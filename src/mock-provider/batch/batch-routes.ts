import { BodyError, bodyOf, choiceField, textField } from "../formats/body-fields.ts";
import { invalidRequest } from "../refusal.ts";
import { jsonReply, type MockCall, type MockReply, type MockRoute } from "../route.ts";
import type { BatchBook } from "./batch-book.ts";
import type { FileStore, MockFile } from "./file-store.ts";

/** Source: OpenAI's guide to the Batch API: an input file has at most 200 MB. */
const maxFileBytes = 200 * 1024 * 1024;
/** A batch is created from a name and a few words. Unit: bytes. */
const createBytes = 64 * 1024;

/** Source: OpenAI's API reference, "Files". */
export function fileRoutes(files: FileStore): MockRoute[] {
  const one = { maxBytes: 0, guarded: true } as const;
  return [
    {
      method: "POST",
      path: /^\/v1\/files$/,
      maxBytes: maxFileBytes,
      guarded: true,
      answer: async (call) => jsonReply(200, describeFile(await files.put(...(await uploadOf(call))))),
    },
    {
      ...one,
      method: "GET",
      path: /^\/v1\/files$/,
      answer: async () =>
        jsonReply(200, { object: "list", data: files.list().map(describeFile), has_more: false }),
    },
    {
      ...one,
      method: "GET",
      path: /^\/v1\/files\/(?<id>[\w-]+)$/,
      answer: async ({ groups }) => jsonReply(200, describeFile(fileOf(files, groups["id"]))),
    },
    {
      ...one,
      method: "GET",
      path: /^\/v1\/files\/(?<id>[\w-]+)\/content$/,
      async answer({ groups }): Promise<MockReply> {
        const { path } = fileOf(files, groups["id"]);
        return {
          ...jsonReply(200, ""),
          headers: { "content-type": "application/octet-stream" },
          body: { path },
        };
      },
    },
    {
      ...one,
      method: "DELETE",
      path: /^\/v1\/files\/(?<id>[\w-]+)$/,
      async answer({ groups }) {
        const { id } = fileOf(files, groups["id"]);
        return jsonReply(200, { id, object: "file", deleted: await files.remove(id) });
      },
    },
  ];
}

/** Source: OpenAI's API reference, "Batch". */
export function batchRoutes(files: FileStore, batches: BatchBook): MockRoute[] {
  const one = { maxBytes: createBytes, guarded: true } as const;
  return [
    {
      ...one,
      method: "POST",
      path: /^\/v1\/batches$/,
      async answer({ body }) {
        const request = bodyOf(JSON.parse(body.toString("utf8")));
        const endpoint = choiceField(request, "endpoint", ["/v1/embeddings"], "/v1/embeddings");
        choiceField(request, "completion_window", ["24h"], "24h");
        const input = fileOf(files, textField(request, "input_file_id"));
        return jsonReply(200, await batches.create(input, endpoint, request["metadata"]));
      },
    },
    {
      ...one,
      method: "GET",
      path: /^\/v1\/batches$/,
      answer: async ({ query }) => jsonReply(200, pageOf(batches.list() as readonly Named[], query)),
    },
    {
      ...one,
      method: "GET",
      path: /^\/v1\/batches\/(?<id>\w+)$/,
      answer: async ({ groups: { id } }) => batchReply(batches.read(id ?? ""), id),
    },
    {
      ...one,
      method: "POST",
      path: /^\/v1\/batches\/(?<id>\w+)\/cancel$/,
      answer: async ({ groups: { id } }) => batchReply(batches.cancel(id ?? ""), id),
    },
  ];
}

function batchReply(batch: object | undefined, id = ""): MockReply {
  if (batch !== undefined) return jsonReply(200, batch);
  throw new BodyError(invalidRequest(`No batch with id '${id}'.`, { status: 404, reason: "not-found" }));
}

interface Named {
  readonly id: string;
}

/** Batches of a page when none is asked for. Source: OpenAI's API reference, "List batch". */
const usualPage = 20;

function pageOf(all: readonly Named[], query: URLSearchParams): object {
  const limit = Number(query.get("limit") ?? usualPage);
  const start = all.findIndex(({ id }) => id === query.get("after")) + 1;
  const data = all.slice(start, start + limit);
  const [first, last] = [data[0]?.id ?? null, data.at(-1)?.id ?? null];
  return { object: "list", data, first_id: first, last_id: last, has_more: start + limit < all.length };
}

/** Name and content of an uploaded file. */
async function uploadOf({ body, headers }: MockCall): Promise<[name: string, content: Uint8Array]> {
  const type = headers["content-type"] ?? "";
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(body), { headers: { "content-type": type } }).formData();
  } catch {
    throw new BodyError(invalidRequest("The body must be multipart/form-data with purpose and file."));
  }
  const file = form.get("file");
  choiceField({ purpose: form.get("purpose") }, "purpose", ["batch"], "batch");
  if (!(file instanceof File)) throw new BodyError(invalidRequest("Missing 'file'.", { param: "file" }));
  return [file.name, new Uint8Array(await file.arrayBuffer())];
}

function fileOf(files: FileStore, id = ""): MockFile {
  const file = files.get(id);
  if (file !== undefined) return file;
  throw new BodyError(
    invalidRequest(`No such File object: ${id}.`, { status: 404, reason: "not-found", param: "id" }),
  );
}

function describeFile({ id, name, purpose, bytes, createdMs }: MockFile): object {
  return {
    id,
    object: "file",
    bytes,
    created_at: Math.floor(createdMs / 1_000),
    filename: name,
    purpose,
    status: "processed",
  };
}
