import type { RefusalReason } from "./refusal.ts";

/** What a mock provider did: enough to prove that nothing was lost or paid twice. */
export interface MockLedger {
  /** Requests for vectors that arrived, refused ones included. */
  readonly requests: number;
  readonly answered: number;
  /** Texts of the answered requests, and their tokens: all paid for. */
  readonly items: number;
  readonly tokens: number;
  /** Of these, what came through batches, at half the price. */
  readonly batchItems: number;
  readonly batchTokens: number;
  /** Batches that were created, whatever became of them. */
  readonly batches: number;
  /** Unit: US dollars. */
  readonly cost: number;
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
  /** Answers that were spoilt on purpose, by fault. */
  readonly faults: Readonly<Record<string, number>>;
  /** Texts paid for more than once, and distinct ones; null where texts are not counted. */
  readonly texts: { readonly distinct: number; readonly repeated: number } | null;
}

/** The books of a server. */
export interface LedgerBooks {
  arrive(): number;
  refuse(reason: RefusalReason): void;
  fault(name: string): void;
  batch(): void;
  pay(texts: readonly string[], tokens: number, batch: boolean): void;
  read(): MockLedger;
  /** How often each text was paid for; empty where texts are not counted. */
  textCounts(): ReadonlyMap<string, number>;
  /** Starts anew; the numbers of requests go on, so that faults do not repeat. */
  reset(): void;
}

const tokensPerPrice = 1_000_000;
const batchShare = 0.5;

/** Empty books. */
export function openLedger(options: {
  readonly countTexts: boolean;
  readonly pricePerMillionTokens: number;
}): LedgerBooks {
  const empty = { requests: 0, answered: 0, items: 0, tokens: 0, batchItems: 0, batchTokens: 0, batches: 0 };
  let totals = { ...empty };
  let requestNumber = 0;
  const refused: Partial<Record<RefusalReason, number>> = {};
  const faults: Record<string, number> = {};
  const texts = new Map<string, number>();

  return {
    arrive() {
      totals.requests++;
      return ++requestNumber;
    },
    refuse(reason) {
      refused[reason] = (refused[reason] ?? 0) + 1;
    },
    fault(name) {
      faults[name] = (faults[name] ?? 0) + 1;
    },
    batch() {
      totals.batches++;
    },
    pay(paid, tokens, batch) {
      totals.answered++;
      totals.items += paid.length;
      totals.tokens += tokens;
      if (batch) {
        totals.batchItems += paid.length;
        totals.batchTokens += tokens;
      }
      if (!options.countTexts) return;
      for (const text of paid) texts.set(text, (texts.get(text) ?? 0) + 1);
    },
    read() {
      let repeated = 0;
      for (const count of texts.values()) if (count > 1) repeated++;
      const priced = totals.tokens - totals.batchTokens * batchShare;
      return {
        ...totals,
        cost: (priced * options.pricePerMillionTokens) / tokensPerPrice,
        refused: { ...refused },
        faults: { ...faults },
        texts: options.countTexts ? { distinct: texts.size, repeated } : null,
      };
    },
    textCounts: () => texts,
    reset() {
      totals = { ...empty };
      for (const book of [refused, faults] as Record<string, number>[]) {
        for (const name of Object.keys(book)) delete book[name];
      }
      texts.clear();
    },
  };
}
