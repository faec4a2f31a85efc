import * as Plot from "@observablehq/plot";
import { seriesColour, seriesSymbol } from "../../../search/report/palette.ts";
import { drawFigure } from "../drawing.ts";
import type { Figure } from "../claim.ts";

/** Final test accuracy, percent, of an arm with one seed at one target, by how finals are taught. */
export interface CellMean {
  arm: "plain" | "guided";
  taught: "labels" | "kd";
  share: number;
  seed: number;
  percent: number;
}

/** H7's four cells: one mark per search, lines join the same seed and target. */
export function twoByTwo(cells: readonly CellMean[]): Figure {
  const arms = ["plain", "guided"] as const;
  const caption =
    "Test accuracy of the best two students of plain and guided searches, finals from labels and distilled.";
  const svg = drawFigure({
    title: caption,
    key: arms.map((arm, series) => ({ label: `${arm} search`, series })),
    panels: [...new Set(cells.map(({ share }) => share))].map((share) => {
      const own = cells.filter((cell) => cell.share === share);
      return {
        title: `Target that ${100 * share} % of students keep`,
        plot: {
          height: 230,
          marginLeft: 48,
          marginBottom: 36,
          x: { type: "point", domain: ["labels", "kd"], label: "final training", padding: 0.6 },
          y: { label: "test accuracy, %", nice: true, ticks: 5 },
          marks: [
            Plot.gridY({ ticks: 5, stroke: "var(--grid)", strokeOpacity: 1 }),
            ...arms.flatMap((arm, series) => [
              Plot.line(own.filter((cell) => cell.arm === arm), {
                x: "taught",
                y: "percent",
                z: "seed",
                stroke: seriesColour(series),
                strokeOpacity: 0.6,
                dx: 12 * series - 6,
              }),
              Plot.dot(own.filter((cell) => cell.arm === arm), {
                x: "taught",
                y: "percent",
                fill: seriesColour(series),
                symbol: seriesSymbol(series),
                r: 4.5,
                dx: 12 * series - 6,
                title: ({ percent, seed }: CellMean) => `${arm}, seed ${seed}: ${percent.toFixed(2)} %`,
              }),
            ]),
          ],
        },
      };
    }),
  });
  return { name: "two-by-two", caption, svg };
}
