// Where searches went: their samples in two dimensions, by principal components and by t-SNE.
import * as Plot from "@observablehq/plot";
import { oneHot, projectOnPlane } from "../../../search/report/principal_components.ts";
import { seriesColour, seriesSymbol } from "../../../search/report/palette.ts";
import type { Figure } from "../claim.ts";
import { drawFigure } from "../drawing.ts";
import { type Point, tsne } from "../tsne.ts";

export interface DrawnRun {
  group: string;
  share: number;
  students: readonly { tokens: readonly number[] }[];
}

/** Neighbours of t-SNE are compared pair by pair: of long searches evenly spaced samples are drawn. */
const mostPoints = 900;

interface DrawnPoint extends Point {
  series: number;
  /** Place in the search, 0 to 1. */
  time: number;
}

function pointsOf(runs: readonly DrawnRun[], groups: readonly string[], choices: readonly number[]) {
  const every = Math.ceil(runs.reduce((sum, { students }) => sum + students.length, 0) / mostPoints);
  return runs.flatMap(({ group, students }) =>
    students.flatMap(({ tokens }, index) =>
      index % every === every - 1
        ? [{
          row: oneHot(tokens, choices),
          series: groups.indexOf(group),
          time: students.length > 1 ? index / (students.length - 1) : 1,
        }]
        : []
    )
  );
}

/** One figure per target, each by both methods; later samples are darker. None where no samples differ. */
export function regionFigures(runs: readonly DrawnRun[], choices: readonly number[]): Figure[] {
  const groups = [...new Set(runs.map(({ group }) => group))];
  return [...new Set(runs.map(({ share }) => share))].flatMap((share): Figure[] => {
    const points = pointsOf(runs.filter((run) => run.share === share), groups, choices);
    const rows = points.map(({ row }) => row);
    const plane = projectOnPlane(rows);
    const neighbours = rows.length > 100 ? tsne(rows) : null;
    if (!plane) return [];
    const [first, second] = plane.explained.map((part) => `${Math.round(100 * part)} %`);
    const pictures = [
      { title: `Principal components (${first} and ${second} of the variance)`, places: plane.points },
      ...(neighbours
        ? [{ title: "t-SNE, perplexity 30 (distances between groups mean nothing)", places: neighbours }]
        : []),
    ];
    const caption =
      `Sampled architectures of all searches at the target ${share}; small and pale: early, large and dark: late.`;
    const svg = drawFigure({
      title: caption,
      key: groups.map((label, series) => ({ label, series })),
      panels: pictures.map(({ places, title }) => ({
        title,
        plot: {
          height: 400,
          margin: 12,
          x: { axis: null },
          y: { axis: null },
          marks: groups.map((_, series) =>
            Plot.dot(
              places.map((place, index): DrawnPoint => ({ ...place, ...points[index] }))
                .filter((point) => point.series === series),
              {
                x: "x",
                y: "y",
                r: ({ time }: DrawnPoint) => 1.5 + 3 * time,
                fill: seriesColour(series),
                fillOpacity: ({ time }: DrawnPoint) => 0.15 + 0.7 * time ** 2,
                symbol: seriesSymbol(series),
              },
            )
          ),
          r: { type: "identity" },
          opacity: { type: "identity" },
        },
      })),
    });
    return [{ name: `regions-${String(share).replace(".", "-")}`, caption, svg }];
  });
}
