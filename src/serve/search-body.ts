import { z } from "zod";
import { ReembedError } from "../core/errors.ts";
import { missingPolicies, searchModes, type SearchVerbRequest } from "../core/search.ts";

/** More hits are a download, not a search: they would be held in memory whole. */
const mostHits = 1000;

/** As long a vector as any model of the day gives, twice over. */
const mostDimensions = 16_384;

const bodySchema = z
  .strictObject({
    text: z.string().optional(),
    vector: z.array(z.number()).min(1).max(mostDimensions).optional(),
    spaceId: z.string().optional(),
    limit: z.int().min(1).max(mostHits).default(10),
    version: z.string().min(1).optional(),
    where: z.string().min(1).optional(),
    mode: z.enum(searchModes).default("vector"),
    missing: z.enum(missingPolicies).optional(),
    exact: z.boolean().default(false),
    refineFactor: z.int().min(1).max(1000).optional(),
  })
  .readonly();

/** A search as it was posted. @throws REEMBED_USAGE with every fault */
export function parseSearchBody(body: string): SearchVerbRequest {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (error) {
    throw new ReembedError("REEMBED_USAGE", `the body is no JSON: ${(error as Error).message}`);
  }
  const checked = bodySchema.safeParse(json);
  if (checked.success) return checked.data;
  const problems = checked.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
  throw new ReembedError("REEMBED_USAGE", problems.join("; "), { details: { problems } });
}
