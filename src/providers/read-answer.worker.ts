/** Reads long answers beside the main thread, so that it is never held up. */
import { move, transferableSymbol, valueSymbol } from "piscina";
import { ProviderFailure } from "../core/provider.ts";
import { type ReadAnswer, readAnswer } from "./read-answer.ts";

/** A body to read; its bytes are transferred. */
export interface ReadTask {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly texts: number;
}

/** What came of it; a failure crosses as its text, since errors lose their class on the way. */
export type ReadReply =
  | { readonly ok: true; readonly answer: ReadAnswer }
  | { readonly ok: false; readonly message: string };

/** The handler that piscina calls. */
export default function read({ body, texts }: ReadTask): ReadReply {
  let answer: ReadAnswer;
  try {
    answer = readAnswer(Buffer.from(body.buffer, body.byteOffset, body.byteLength), texts);
  } catch (error) {
    if (error instanceof ProviderFailure) return { ok: false, message: error.message };
    throw error;
  }
  const wrapped = {
    [transferableSymbol]: [answer.vectors.buffer, answer.present.buffer],
    [valueSymbol]: { ok: true, answer },
  };
  return move(wrapped) as unknown as ReadReply;
}
