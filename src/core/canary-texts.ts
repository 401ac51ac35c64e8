import { sourceHash } from "./source-hash.ts";

/** One of the fixed texts that every space is asked for, to see whether it is still the same space. */
export interface CanaryText {
  readonly name: string;
  readonly text: string;
  /** The prompt that stands before the plain text in it; null where it has none. */
  readonly prompt: string | null;
}

const plainText = "How do I reset a forgotten password?";

/**
 * Prompts that widespread models want before a text. Each is embedded written out, so that one that
 * a model or a provider begins to add, or leaves off, is recognised by its vector.
 * Source: the model cards of E5, BGE, Nomic Embed and Qwen3 Embedding.
 */
const prompts = [
  ["query-prompt", "query: "],
  ["passage-prompt", "passage: "],
  ["search-document-prompt", "search_document: "],
  ["search-query-prompt", "search_query: "],
  ["represent-prompt", "Represent this sentence for searching relevant passages: "],
  [
    "instruct-prompt",
    "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:",
  ],
] as const;

const [queryPrompt, ...otherPrompts] = prompts.map(([name, prompt]): CanaryText => ({
  name,
  text: prompt + plainText,
  prompt,
})) as [CanaryText, ...CanaryText[]];

const plain = (name: string, text: string): CanaryText => ({ name, text, prompt: null });

const longTopics = ["harbours", "violins", "glaciers", "taxes", "orchards", "bridges", "vaccines", "maps"];

/** About 900 tokens, each sentence of its own: a change of the maximum of tokens cuts it elsewhere. */
const longText = Array.from({ length: 64 }, (_, index) => {
  const topic = longTopics[index % longTopics.length] ?? "";
  return `Paragraph ${index + 1} is about ${topic} in the year ${1800 + index * 3}.`;
}).join(" ");

/**
 * The fixed texts: short and long, in several scripts, code, numbers, and pairs that differ in case or
 * in one word only. A change of the list makes earlier records incomparable, so it is not to change.
 * Order: the texts of the start check first.
 */
export const canaryTexts: readonly CanaryText[] = [
  plain("plain", plainText),
  queryPrompt,
  plain("numbers", "On 2024-02-29 invoice 1,048,576 was paid: 37.50 EUR (12.5% VAT)."),
  plain("german", "Fußgänger überqueren die Straße nur bei Grün."),
  ...otherPrompts,
  plain("plain-other-case", "how do i RESET a forgotten PASSWORD?"),
  plain("plain-other-word", "How do I reset a forgotten passcode?"),
  plain("one-word", "lighthouse"),
  plain("french", "L’été dernier, nous avons goûté un fromage d’Auvergne à 1 200 mètres."),
  plain("russian", "Поезд до Новосибирска отправляется в половине седьмого."),
  plain("chinese", "图书馆星期天上午九点开门。"),
  plain("korean", "비가 오면 경기는 다음 주로 미뤄집니다."),
  plain("arabic", "تغلق المكتبة أبوابها في الثامنة مساءً."),
  plain("hindi", "बारिश के कारण मैच रद्द कर दिया गया।"),
  plain("code", "for (let i = 0; i < rows.length; i++) {\n  if (rows[i] === null) continue;\n}"),
  plain(
    "markup",
    "# Install\n\n- `npm ci`\n- see [the guide](https://example.org/a?b=c&d=1) & **restart** 🙂",
  ),
  plain("long", longText),
];

/**
 * How many of the texts, from the first, a worker embeds before it starts: short ones, so that it
 * costs milliseconds. Weights or a tokenizer that are not the pinned ones move every one of them.
 */
export const startTexts = 4;

/** The texts alone, in order. @param count the first so many; all of them where it is left out */
export function canaryInputs(count: number = canaryTexts.length): string[] {
  return canaryTexts.slice(0, count).map(({ text }) => text);
}

/** Digest of the list of texts: records of another list cannot be compared. Unit: 16 hex digits. */
export const canaryTextsDigest: string = BigInt.asUintN(64, sourceHash(JSON.stringify(canaryInputs())))
  .toString(16)
  .padStart(16, "0");
