import { hash } from "node:crypto";
import { canonicalJson, type Space, type SpaceDescription } from "../core/space.ts";

/** A description with its identity: the sha256 (hex) of its canonical JSON. */
export function makeSpace(description: SpaceDescription): Space {
  return { id: hash("sha256", canonicalJson(description), "hex"), description };
}
