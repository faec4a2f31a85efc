import * as Plot from "@observablehq/plot";
import { seriesColour, seriesSymbol } from "../../../search/report/palette.ts";
import type { Figure } from "../claim.ts";
import { drawFigure } from "../drawing.ts";

export interface ScatterPoint {
  x: number;
  y: number;
  /** Index into `series`. */
  series: number;
}

/** Points of one or more series in one panel; `joined` series are lines with marks. */
export function scatter(
  { caption, joined = false, name, panel, points, series, x, xTicks, y, yZero = false }: {
    name: string;
    caption: string;
    panel: string;
    points: readonly ScatterPoint[];
    series: readonly string[];
    x: string;
    y: string;
    joined?: boolean;
    /** Where x is counted. */
    xTicks?: readonly number[];
    yZero?: boolean;
  },
): Figure {
  const svg = drawFigure({
    title: caption,
    key: series.length > 1 ? series.map((label, index) => ({ label, series: index })) : [],
    panels: [{
      title: panel,
      plot: {
        height: 280,
        marginLeft: 50,
        marginBottom: 38,
        x: {
          label: x,
          nice: true,
          ticks: xTicks ? [...xTicks] : 6,
          ...(xTicks && { tickFormat: (tick: number) => String(tick) }),
        },
        y: { label: y, nice: true, ticks: 6, ...(yZero && { zero: true }) },
        marks: [
          Plot.gridX({ ticks: 6, stroke: "var(--grid)", strokeOpacity: 1 }),
          Plot.gridY({ ticks: 6, stroke: "var(--grid)", strokeOpacity: 1 }),
          ...series.flatMap((label, index) => {
            const own = points.filter((point) => point.series === index);
            return [
              ...(joined ? [Plot.line(own, { x: "x", y: "y", stroke: seriesColour(index), strokeWidth: 1.5 })] : []),
              Plot.dot(own, {
                x: "x",
                y: "y",
                r: 3.6,
                fill: seriesColour(index),
                fillOpacity: 0.75,
                symbol: seriesSymbol(index),
                title: () => label,
              }),
            ];
          }),
        ],
      },
    }],
  });
  return { name, caption, svg };
}
