/** A scale: values to pixels, with the values worth a tick. */
export interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

/** Steps that people read easily, times a power of ten. */
const niceSteps = [1, 2, 2.5, 5, 10] as const;

/**
 * A linear scale whose ends are round values around the data.
 * @param pixels where the low and the high end are drawn
 * @param about how many ticks
 */
export function linearScale(
  values: Iterable<number>,
  pixels: readonly [number, number],
  options: { readonly fromZero: boolean; readonly about?: number },
): Scale {
  const [low, high] = extent(values, options.fromZero);
  const step = niceStep((high - low) / (options.about ?? 5));
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  // Multiples are counted in whole steps, so that 0.1 + 0.2 never becomes a label.
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => roundTo((first + index) * step, step));
  return { ticks, at: between(first * step, last * step, pixels) };
}

/** A scale in powers of ten, for values over several of them. All values must be above zero. */
export function logScale(values: Iterable<number>, pixels: readonly [number, number]): Scale {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!(value > 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = [1, 10];
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(high) - 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
  const at = between(first, last, pixels);
  return { ticks, at: (value) => at(Math.log10(value)) };
}

function extent(values: Iterable<number>, fromZero: boolean): [number, number] {
  let low = fromZero ? 0 : Infinity;
  let high = fromZero ? 0 : -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  if (low === high)
    return low === 0 ? [0, 1] : [Math.min(low * 0.9, low * 1.1), Math.max(low * 0.9, low * 1.1)];
  return [low, high];
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = niceSteps.find((candidate) => candidate * power >= rough * 0.999) ?? 10;
  return step * power;
}

function roundTo(value: number, step: number): number {
  const digits = Math.max(0, 1 - Math.floor(Math.log10(step)));
  return Number(value.toFixed(Math.min(digits, 12)));
}

function between(low: number, high: number, [from, to]: readonly [number, number]) {
  return (value: number): number => from + ((value - low) / (high - low)) * (to - from);
}
