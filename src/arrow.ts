/**
 * The one door to apache-arrow. LanceDB is CommonJS and recognises Arrow's classes by identity, so
 * everything here must be the CommonJS build too: the ES build's classes are strangers to it.
 */
import { createRequire } from "node:module";

export const arrow = createRequire(import.meta.url)("apache-arrow") as typeof import("apache-arrow");
