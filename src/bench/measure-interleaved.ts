import { throwIfAborted } from "../core/errors.ts";

/** Something that can be measured again and again. */
export interface BenchCase {
  readonly name: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
  /** One measurement, in `unit`. */
  measure(): Promise<number>;
}

export interface InterleaveOptions {
  /** Measurements of each case that count. */
  readonly repeats: number;
  /** Measurements of each case before, which do not count. @default 1 */
  readonly warmUps?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called before each measurement, with its number from 1. */
  readonly onMeasure?: ((name: string, number: number, of: number) => void) | undefined;
}

/**
 * Measures cases in turns, so that what changes on the machine meets all of them alike. The order
 * turns around every time, so that none is always first.
 * @returns the samples of each case by its name
 */
export async function measureInterleaved(
  cases: readonly BenchCase[],
  { repeats, warmUps = 1, signal, onMeasure }: InterleaveOptions,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const samples = new Map<string, number[]>(cases.map(({ name }) => [name, []]));
  const all = (warmUps + repeats) * cases.length;
  let number = 0;
  for (let round = 0; round < warmUps + repeats; round += 1) {
    for (const one of round % 2 === 0 ? cases : cases.toReversed()) {
      throwIfAborted(signal);
      onMeasure?.(one.name, (number += 1), all);
      const value = await one.measure();
      if (round >= warmUps) samples.get(one.name)?.push(value);
    }
  }
  return samples;
}
