import { ReembedError } from "../core/errors.ts";
import type { Stage, TokenizerFile } from "./tokenizer-file.ts";

/** The ids that a model wants around a text. */
export interface SpecialTokens {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/**
 * What the post-processor of a `tokenizer.json` puts around a single text. Kept apart from encoding,
 * so that texts are cut before the special tokens are added and never lose them.
 * @throws REEMBED_MODEL_UNSUPPORTED
 */
export function readSpecialTokens(file: TokenizerFile): SpecialTokens {
  const before: number[] = [];
  const after: number[] = [];
  const stages = file.post_processor === null ? [] : flatten(file.post_processor);
  for (const stage of stages) {
    const added = addedByStage(stage);
    before.unshift(...added.before);
    after.push(...added.after);
  }
  return { before, after };
}

function flatten(stage: Stage): Stage[] {
  return stage.type === "Sequence" ? (stage["processors"] as Stage[]).flatMap(flatten) : [stage];
}

function addedByStage(stage: Stage): SpecialTokens {
  switch (stage.type) {
    case "ByteLevel":
      return { before: [], after: [] };
    case "BertProcessing":
    case "RobertaProcessing": {
      const cls = stage["cls"] as [string, number];
      const sep = stage["sep"] as [string, number];
      return { before: [cls[1]], after: [sep[1]] };
    }
    case "TemplateProcessing":
      return addedByTemplate(stage);
    default:
      throw new ReembedError(
        "REEMBED_MODEL_UNSUPPORTED",
        `tokenizer.json: post-processor "${stage.type}" is not known; use a package whose post-processor is TemplateProcessing, BertProcessing, RobertaProcessing or ByteLevel`,
        { details: { file: "tokenizer.json", postProcessor: stage.type } },
      );
  }
}

type TemplatePiece = { readonly SpecialToken: { readonly id: string } } | { readonly Sequence: unknown };

function addedByTemplate(stage: Stage): SpecialTokens {
  const idsOf = stage["special_tokens"] as Record<string, { readonly ids: readonly number[] } | undefined>;
  const before: number[] = [];
  const after: number[] = [];
  let side = before;
  for (const piece of stage["single"] as readonly TemplatePiece[]) {
    if ("SpecialToken" in piece) side.push(...(idsOf[piece.SpecialToken.id]?.ids ?? []));
    else side = after;
  }
  return { before, after };
}
