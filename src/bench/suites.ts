import type { SuiteName } from "./bench-report.ts";
import type { Suite } from "./suite.ts";
import { apiSuite } from "./suites/api-suite.ts";
import { laneSuite } from "./suites/lane-suite.ts";
import { microSuite } from "./suites/micro-suite.ts";
import { peersSuite } from "./suites/peers-suite.ts";
import { pipelineSuite } from "./suites/pipeline-suite.ts";
import { scaleSuite } from "./suites/scale-suite.ts";
import { searchSuite } from "./suites/search-suite.ts";
import { storeSuite } from "./suites/store-suite.ts";

/** What runs each suite. */
export const suites: Readonly<Record<SuiteName, Suite>> = {
  lane: laneSuite,
  store: storeSuite,
  search: searchSuite,
  api: apiSuite,
  pipeline: pipelineSuite,
  scale: scaleSuite,
  micro: microSuite,
  peers: peersSuite,
};
