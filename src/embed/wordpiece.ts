import { characterFate, type BertNormalizerOptions, type CharacterFate } from "./bert-characters.ts";
import { readSpecialTokens } from "./special-tokens.ts";
import { reserveTokens, type TokenBuffer } from "./token-buffer.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { AddedToken, TokenizerFile } from "./tokenizer-file.ts";
import { createWordTable, idCountRange } from "./word-table.ts";

/** FNV-1a, 32 bits. Source: draft-eastlake-fnv. */
const fnvOffset = 0x811c9dc5 | 0;
const fnvPrime = 0x01000193;

/** What the scan does at a code unit; any other value is the folded unit, to be put into the word. */
const atSpace = -1;
const atDropped = -2;
const atPunctuation = -3;
const atComplex = -4;
const atAddedToken = -5;
const notYetKnown = -6;

/**
 * BERT's tokenizer (BertNormalizer, BertPreTokenizer, WordPiece) in one pass over the text: each
 * character is folded by a table, each word is looked up as units, and no string is made but for
 * words not seen before. Null where the file asks for anything else.
 */
export function createWordPiece(file: TokenizerFile): Tokenizer | null {
  const settings = readSettings(file);
  if (settings === null) return null;
  const { vocab, unknownId, maxCharacters, normalizer } = settings;
  const addedTokens = (file.added_tokens ?? []).toSorted((a, b) => b.content.length - a.content.length);
  const continuing = new Map<string, number>();
  const initial = new Map<string, number>();
  for (const [token, id] of Object.entries(vocab)) {
    initial.set(token, id);
    if (token.startsWith(settings.prefix)) continuing.set(token.slice(settings.prefix.length), id);
  }

  /** Longest match first; one piece that is not in the vocabulary makes the whole word unknown. */
  function spell(word: string, ids: number[]): void {
    if (word.length > maxCharacters && [...word].length > maxCharacters) {
      ids.push(unknownId);
      return;
    }
    let start = 0;
    while (start < word.length) {
      const pieces = start === 0 ? initial : continuing;
      let end = word.length;
      let id = pieces.get(word.slice(start));
      while (id === undefined && --end > start) id = pieces.get(word.slice(start, end));
      if (id === undefined) {
        ids.length = 0;
        ids.push(unknownId);
        return;
      }
      ids.push(id);
      start = end;
    }
  }

  // A character takes at most two units; one more tells that the word is too long.
  const maxUnits = maxCharacters * 2 + 1;
  const table = createWordTable(maxUnits, spell);
  const word = table.word;
  const fates = new Map<number, CharacterFate>();
  const actions = new Int32Array(65_536).fill(notYetKnown);
  for (const token of addedTokens) actions[token.content.charCodeAt(0)] = atAddedToken;

  function actionOf(unit: number): number {
    if (unit >= 0xd800 && unit <= 0xdfff) return (actions[unit] = atComplex);
    return (actions[unit] = simpleAction(fateOf(unit), unit));
  }

  function fateOf(codePoint: number): CharacterFate {
    let fate = fates.get(codePoint);
    if (fate === undefined) {
      fate = characterFate(codePoint, normalizer);
      fates.set(codePoint, fate);
    }
    return fate;
  }

  let length = 0;
  let hash = fnvOffset;
  let count = 0;

  function flush(buffer: TokenBuffer, skipUnknown: boolean): void {
    if (length === 0) return;
    const found = table.find(length, hash);
    length = 0;
    hash = fnvOffset;
    const pieces = found % idCountRange;
    const start = (found - pieces) / idCountRange;
    const ids = table.ids();
    if (pieces === 1) {
      pushId(buffer, ids[start]!, skipUnknown);
      return;
    }
    reserveTokens(buffer, pieces);
    const out = buffer.ids;
    for (let i = 0; i < pieces; i++) out[buffer.length + i] = ids[start + i]!;
    buffer.length += pieces;
    count += pieces;
  }

  function pushId(buffer: TokenBuffer, id: number, skipUnknown: boolean): void {
    if (skipUnknown && id === unknownId) return;
    if (buffer.length === buffer.ids.length) reserveTokens(buffer, 1);
    buffer.ids[buffer.length++] = id;
    count++;
  }

  function pushUnit(unit: number): void {
    if (length < maxUnits) word[length++] = unit;
    hash = Math.imul(hash ^ unit, fnvPrime);
  }

  function pushWord(units: readonly number[], buffer: TokenBuffer, skipUnknown: boolean): void {
    flush(buffer, skipUnknown);
    for (const unit of units) pushUnit(unit);
    flush(buffer, skipUnknown);
  }

  /** A character that is more than one folded unit. */
  function complex(fate: CharacterFate, buffer: TokenBuffer, skipUnknown: boolean): void {
    switch (fate.kind) {
      case "dropped":
        return;
      case "space":
        flush(buffer, skipUnknown);
        return;
      case "alone":
        pushWord(fate.units, buffer, skipUnknown);
        return;
      case "text":
        for (const { units, punctuation } of fate.pieces) {
          if (punctuation) pushWord(units, buffer, skipUnknown);
          else for (const unit of units) pushUnit(unit);
        }
    }
  }

  return {
    special: readSpecialTokens(file),
    unknownId,
    implementation: "wordpiece",
    append(text, buffer, limit, skipUnknown) {
      length = 0;
      hash = fnvOffset;
      count = 0;
      const units = text.length;
      for (let i = 0; i < units && count <= limit; i++) {
        const unit = text.charCodeAt(i);
        let action = actions[unit]!;
        if (action >= 0) {
          if (length < maxUnits) word[length++] = action;
          hash = Math.imul(hash ^ action, fnvPrime);
          continue;
        }
        if (action === atSpace) {
          flush(buffer, skipUnknown);
          continue;
        }
        if (action === atAddedToken) {
          const token = addedTokens.find(({ content }) => text.startsWith(content, i));
          if (token !== undefined) {
            flush(buffer, skipUnknown);
            pushId(buffer, token.id, skipUnknown);
            i += token.content.length - 1;
            continue;
          }
          complex(fateOf(unit), buffer, skipUnknown);
          continue;
        }
        if (action === notYetKnown) action = actionOf(unit);
        if (action >= 0) {
          pushUnit(action);
        } else if (action === atSpace) {
          flush(buffer, skipUnknown);
        } else if (action === atPunctuation) {
          flush(buffer, skipUnknown);
          pushUnit(unit);
          flush(buffer, skipUnknown);
        } else if (action === atComplex) {
          const codePoint = text.codePointAt(i)!;
          if (codePoint > 0xffff) i++;
          complex(fateOf(codePoint), buffer, skipUnknown);
        }
      }
      if (count <= limit) flush(buffer, skipUnknown);
      return count;
    },
  };
}

/** A character's fate as one number, where one is enough. */
function simpleAction(fate: CharacterFate, unit: number): number {
  if (fate.kind === "space") return atSpace;
  if (fate.kind === "dropped") return atDropped;
  if (fate.kind === "alone" || fate.pieces.length !== 1) return atComplex;
  const [piece] = fate.pieces;
  if (piece === undefined || piece.units.length !== 1) return atComplex;
  const folded = piece.units[0]!;
  if (!piece.punctuation) return folded;
  return folded === unit ? atPunctuation : atComplex;
}

interface WordPieceSettings {
  readonly vocab: Readonly<Record<string, number>>;
  readonly unknownId: number;
  readonly prefix: string;
  readonly maxCharacters: number;
  readonly normalizer: BertNormalizerOptions;
}

/** With more characters a word, its ids could pass the table's `idCountRange`. */
const maxCharactersCovered = 127;

function readSettings(file: TokenizerFile): WordPieceSettings | null {
  const { model, normalizer, pre_tokenizer: preTokenizer, added_tokens: added = [] } = file;
  if (model.type !== "WordPiece" || normalizer?.type !== "BertNormalizer") return null;
  if (preTokenizer?.type !== "BertPreTokenizer" || !added.every(isPlain)) return null;
  const maxCharacters = model.max_input_chars_per_word ?? 100;
  if (maxCharacters > maxCharactersCovered) return null;
  const vocab = model.vocab as Readonly<Record<string, number>>;
  const unknownId = vocab[model.unk_token ?? "[UNK]"];
  if (unknownId === undefined) return null;
  const lowercase = normalizer["lowercase"] !== false;
  return {
    vocab,
    unknownId,
    prefix: model.continuing_subword_prefix ?? "##",
    maxCharacters,
    normalizer: {
      cleanText: normalizer["clean_text"] !== false,
      handleChineseChars: normalizer["handle_chinese_chars"] !== false,
      lowercase,
      stripAccents:
        typeof normalizer["strip_accents"] === "boolean" ? normalizer["strip_accents"] : lowercase,
    },
  };
}

/** Whether an added token is matched as written, anywhere in the raw text. */
function isPlain(token: AddedToken): boolean {
  return (
    token.content !== "" &&
    token.normalized !== true &&
    token.single_word !== true &&
    token.lstrip !== true &&
    token.rstrip !== true
  );
}
