/**
 * Whether tests run at the full size that is claimed, which takes a quarter of an hour more: by
 * `REEMBED_TEST_FULL=1`. Without it each runs in a short form.
 */
export const isFullTest = process.env["REEMBED_TEST_FULL"] === "1";

/** The reason to skip what has no short form; false where it runs. */
export const unlessFull: string | false = isFullTest ? false : "at full size only: REEMBED_TEST_FULL=1";
