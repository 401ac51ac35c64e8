/** One line of a batch's input file. */
export interface BatchRequest {
  readonly customId: string;
  /** The body, as it would be sent to the endpoint. */
  readonly body: unknown;
}

/** What is wrong with a line, as the batch's `errors` tell it. */
export interface BatchInputError {
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
  /** From 1. */
  readonly line: number;
}

export interface BatchInput {
  readonly requests: readonly BatchRequest[];
  readonly errors: readonly BatchInputError[];
}

/** Source: OpenAI's guide to the Batch API ("up to 50,000 requests"). */
const maxBatchRequests = 50_000;

/** Reads an input file: JSON lines of `custom_id`, `method`, `url` and `body`. */
export function readBatchInput(text: string, endpoint: string): BatchInput {
  const requests: BatchRequest[] = [];
  const errors: BatchInputError[] = [];
  const seen = new Set<string>();
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0)
    return { requests, errors: [lineError("empty_file", "The input file is empty.", null, 1)] };
  if (lines.length > maxBatchRequests) {
    const message = `A batch has at most ${maxBatchRequests} requests, and this has ${lines.length}.`;
    return { requests, errors: [lineError("too_many_tasks", message, null, maxBatchRequests + 1)] };
  }
  for (const [index, written] of lines.entries()) {
    const read = readLine(written, endpoint, seen, index + 1);
    if ("code" in read) errors.push(read);
    else requests.push(read);
  }
  return { requests, errors };
}

function readLine(
  written: string,
  endpoint: string,
  seen: Set<string>,
  line: number,
): BatchRequest | BatchInputError {
  let value: unknown;
  try {
    value = JSON.parse(written);
  } catch {
    return lineError("invalid_json_line", "This line is not parseable as valid JSON.", null, line);
  }
  const { custom_id: customId, method, url, body } = (value ?? {}) as Record<string, unknown>;
  if (typeof customId !== "string" || customId === "") {
    return lineError("missing_required_parameter", "custom_id is missing.", "custom_id", line);
  }
  if (seen.has(customId)) {
    return lineError(
      "duplicate_custom_id",
      `The custom_id ${customId} stands here twice.`,
      "custom_id",
      line,
    );
  }
  seen.add(customId);
  if (method !== "POST") return lineError("invalid_method", "The method must be POST.", "method", line);
  if (url !== endpoint) {
    return lineError(
      "mismatched_endpoint",
      `The url must be the endpoint of the batch, ${endpoint}.`,
      "url",
      line,
    );
  }
  return { customId, body };
}

function lineError(code: string, message: string, param: string | null, line: number): BatchInputError {
  return { code, message, param, line };
}
