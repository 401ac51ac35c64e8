import { linearScale } from "./scale.ts";
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

export interface ColumnChart extends ChartText {
  /** Columns from left to right. */
  readonly columns: readonly { readonly label: string; readonly value: number }[];
  readonly xLabel: string;
  readonly yLabel: string;
  format(value: number): string;
}

const width = 720;
const height = 240;
const top = 24;
const bottom = height - 44;
const right = width - 12;

/** Vertical columns side by side, such as a histogram's bins or one column a query. */
export function columnChart(chart: ColumnChart): string {
  const { columns, format } = chart;
  const y = linearScale(
    columns.map(({ value }) => value),
    [bottom, top],
    { fromZero: true, about: 4 },
  );
  const left = 16 + Math.max(...y.ticks.map((tick) => labelWidth(format(tick))));
  const slot = (right - left) / Math.max(1, columns.length);
  const gap = slot > 6 ? 2 : 0;
  // Labels that would overlap are thinned out.
  const widest = Math.max(1, ...columns.map((column) => labelWidth(column.label)));
  const every = Math.max(1, Math.ceil((widest + 10) / slot));
  const zero = y.at(0);
  const drawing = [
    ...y.ticks.flatMap((tick) => [
      rule(tick === 0 ? "axis" : "grid", [left, y.at(tick)], [right, y.at(tick)]),
      label(left - 8, y.at(tick) + 4, format(tick), { anchor: "end" }),
    ]),
    ...columns.flatMap(({ label: name, value }, index) => {
      const x = left + index * slot;
      const end = y.at(value);
      return [
        `<rect x="${coordinate(x + gap / 2)}" y="${coordinate(Math.min(zero, end))}" width="${coordinate(Math.max(0.5, slot - gap))}" height="${coordinate(Math.abs(end - zero))}" fill="${seriesColour(value < 0 ? 1 : 0)}"><title>${escapeMarkup(`${name}: ${format(value)}`)}</title></rect>`,
        ...(index % every === 0 && name !== ""
          ? [label(x + slot / 2, bottom + 18, name, { anchor: "middle" })]
          : []),
      ];
    }),
    label(left, top - 10, chart.yLabel),
    label(right, height - 6, chart.xLabel, { anchor: "end" }),
  ];
  return figure(chart, { width, height }, drawing);
}
