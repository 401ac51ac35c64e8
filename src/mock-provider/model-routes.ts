import { writeOpenAiRefusal } from "./formats/openai.ts";
import type { NamedModel, ProviderState } from "./provider-state.ts";
import { invalidRequest } from "./refusal.ts";
import { jsonReply, type MockRoute } from "./route.ts";

/** Names of the models as OpenAI lists them. Source: OpenAI's API reference, "Models". */
export function modelRoutes({ models }: ProviderState): MockRoute[] {
  const common = { method: "GET", maxBytes: 0, guarded: true } as const;
  return [
    {
      ...common,
      path: /^\/v1\/models$/,
      answer: async () => jsonReply(200, { object: "list", data: [...models.values()].map(describeModel) }),
    },
    {
      ...common,
      path: /^\/v1\/models\/(?<model>.+)$/,
      async answer({ groups }) {
        const name = decodeURIComponent(groups["model"] ?? "");
        const model = models.get(name);
        if (model !== undefined) return jsonReply(200, describeModel(model));
        const refusal = invalidRequest(`The model '${name}' does not exist.`, {
          code: "model_not_found",
          param: "model",
        });
        return jsonReply(404, writeOpenAiRefusal(refusal));
      },
    },
  ];
}

function describeModel({ name }: NamedModel): object {
  return { id: name, object: "model", created: 0, owned_by: "reembed-mock" };
}
