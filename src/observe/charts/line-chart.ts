import { linearScale, logScale, type Scale } from "./scale.ts";
import {
  type ChartText,
  coordinate,
  escapeMarkup,
  figure,
  label,
  labelWidth,
  rule,
  seriesColour,
} from "./svg.ts";

export interface LineSeries {
  readonly name: string;
  /** In the order in which they are joined. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Axis {
  readonly label: string;
  /** @default "linear" */
  readonly scale?: "linear" | "log" | undefined;
  /** Whether a linear axis begins at zero. @default true */
  readonly fromZero?: boolean | undefined;
  format(value: number): string;
}

export interface LineChart extends ChartText {
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly LineSeries[];
  /** Marks each point; for few points. @default true */
  readonly dots?: boolean | undefined;
}

const width = 720;
const height = 300;
const top = 24;
const bottom = height - 44;
const right = width - 20;

/** Lines over a common axis. */
export function lineChart(chart: LineChart): string {
  const { series } = chart;
  const y = scaleOf(
    chart.y,
    series.flatMap(({ points }) => points.map(([, value]) => value)),
    [bottom, top],
  );
  const left = 16 + Math.max(...y.ticks.map((tick) => labelWidth(chart.y.format(tick))));
  const x = scaleOf(
    chart.x,
    series.flatMap(({ points }) => points.map(([value]) => value)),
    [left, right],
  );
  const drawing = [
    ...y.ticks.flatMap((tick) => [
      rule(tick === 0 ? "axis" : "grid", [left, y.at(tick)], [right, y.at(tick)]),
      label(left - 8, y.at(tick) + 4, chart.y.format(tick), { anchor: "end" }),
    ]),
    ...x.ticks.map((tick) => label(x.at(tick), bottom + 18, chart.x.format(tick), { anchor: "middle" })),
    label(left, top - 10, chart.y.label),
    label(right, height - 6, chart.x.label, { anchor: "end" }),
  ];
  for (const [index, { name, points }] of series.entries()) {
    const colour = seriesColour(index);
    const path = points.map(
      ([px, py], at) => `${at === 0 ? "M" : "L"}${coordinate(x.at(px))} ${coordinate(y.at(py))}`,
    );
    drawing.push(`<path class="line" stroke="${colour}" d="${path.join("")}"/>`);
    if (chart.dots === false) continue;
    for (const [px, py] of points) {
      drawing.push(
        `<circle cx="${coordinate(x.at(px))}" cy="${coordinate(y.at(py))}" r="3.5" fill="${colour}"><title>${escapeMarkup(`${name}: ${chart.x.format(px)}, ${chart.y.format(py)}`)}</title></circle>`,
      );
    }
  }
  return figure(
    chart,
    { width, height },
    drawing,
    series.map(({ name }) => name),
  );
}

function scaleOf(axis: Axis, values: readonly number[], pixels: readonly [number, number]): Scale {
  if (axis.scale === "log") return logScale(values, pixels);
  return linearScale(values, pixels, { fromZero: axis.fromZero ?? true });
}
