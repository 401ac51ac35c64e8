import { changeFaults } from "./change-faults.ts";
import type { ProviderState } from "./provider-state.ts";
import { jsonReply, type MockReply, type MockRoute } from "./route.ts";

/** A list of faults needs no more than this. Unit: bytes. */
const controlBytes = 1024 * 1024;

/** What drives the server itself: `/mock/ledger`, `/mock/faults`, `/mock/clock`. */
export function controlRoutes(state: ProviderState): MockRoute[] {
  const common = { maxBytes: controlBytes, guarded: false } as const;
  return [
    {
      ...common,
      method: "GET",
      path: /^\/mock\/ledger$/,
      async answer({ query }) {
        const ledger = state.ledger.read();
        if (query.get("texts") !== "all") return jsonReply(200, ledger);
        return jsonReply(200, { ...ledger, textCounts: Object.fromEntries(state.ledger.textCounts()) });
      },
    },
    {
      ...common,
      method: "DELETE",
      path: /^\/mock\/ledger$/,
      async answer() {
        state.ledger.reset();
        return jsonReply(200, state.ledger.read());
      },
    },
    { ...common, method: "GET", path: /^\/mock\/faults$/, answer: async () => jsonReply(200, state.faults) },
    {
      ...common,
      method: "POST",
      path: /^\/mock\/faults$/,
      answer: async ({ body }) =>
        withBody(body, (value) => {
          state.faults = changeFaults(state.faults, value);
          return state.faults;
        }),
    },
    {
      ...common,
      method: "POST",
      path: /^\/mock\/clock$/,
      answer: async ({ body }) =>
        withBody(body, (value) => {
          const ms = (value as { advanceMs?: unknown } | null)?.advanceMs;
          if (typeof ms !== "number" || !(ms >= 0))
            throw new TypeError('write {"advanceMs": N} with N of at least 0');
          state.clock.advance(ms);
          return { nowMs: state.clock.nowMs() };
        }),
    },
  ];
}

/** Answers 400 with what is wrong where the body does not do. */
function withBody(body: Buffer, use: (value: unknown) => unknown): MockReply {
  try {
    return jsonReply(200, use(JSON.parse(body.toString("utf8"))));
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    return jsonReply(400, { error: { message: error.message } });
  }
}
