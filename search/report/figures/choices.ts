import { type ChoiceShares, choiceShares, nameWords } from "../choice_shares.ts";
import { escapeHtml } from "../html.ts";
import { COLOURS, seriesColour } from "../palette.ts";
import type { ReportData } from "../report_data.ts";
import type { Drawing, Figure, FigureTable } from "./figure.ts";
import { isNarrow } from "./figure.ts";

const PARTS = ["first third", "middle third", "last third"] as const;
/** More kinds of decision than this have no room side by side on a phone. */
const MOST_COLUMNS = 7;

/** Where a decision stands: rows are groups, columns kinds. */
interface Grid {
  rows: readonly string[];
  columns: readonly string[];
  cell(row: string, column: string): ChoiceShares | undefined;
}

/** Groups by kinds where names say so (block1.kernel); otherwise one decision after the other. */
function gridOf(shares: readonly ChoiceShares[], widthPx: number): Grid {
  const groups = [...new Set(shares.map(({ group }) => group))];
  const kinds = [...new Set(shares.map(({ kind }) => kind))];
  if (groups.length > 1 && kinds.length <= MOST_COLUMNS) {
    return {
      rows: groups,
      columns: kinds,
      cell: (row, column) => shares.find(({ group, kind }) => group === row && kind === column),
    };
  }
  const columns = Array.from({ length: Math.min(isNarrow(widthPx) ? 3 : 6, shares.length) }, (_, i) => String(i));
  const rows = Array.from({ length: Math.ceil(shares.length / columns.length) }, (_, i) => String(i));
  return { rows, columns, cell: (row, column) => shares[Number(row) * columns.length + Number(column)] };
}

const CELL_HEIGHT = 46;
const percent = (share: number) => Math.round(share * 100);

/** Words in lines of at most `most` characters. */
function lines(words: string, most: number): string[] {
  const result: string[] = [];
  for (const word of words.split(" ")) {
    const last = result.at(-1);
    if (last !== undefined && last.length + word.length < most) result[result.length - 1] = `${last} ${word}`;
    else result.push(word);
  }
  return result;
}

function drawGrid(shares: readonly ChoiceShares[], widthPx: number): Drawing {
  const grid = gridOf(shares, widthPx);
  const named = shares.some(({ kind }) => kind === grid.columns[0]);
  const fontPx = isNarrow(widthPx) ? 9.5 : 12;
  const left = named ? (isNarrow(widthPx) ? 42 : 64) : 0;
  const columnPx = (widthPx - left) / grid.columns.length;
  const mostLetters = Math.max(6, Math.floor(columnPx / (fontPx * 0.55)));
  const parts: string[] = [];
  const label = (x: number, y: number, text: string, more = "") =>
    parts.push(
      `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${fontPx}" ${more}>${escapeHtml(text)}</text>`,
    );
  const headLines = named ? Math.max(...grid.columns.map((column) => lines(nameWords(column), mostLetters).length)) : 0;
  const headPx = headLines * (fontPx + 3) + 6;
  if (named) {
    for (const [c, column] of grid.columns.entries()) {
      for (const [l, line] of lines(nameWords(column), mostLetters).entries()) {
        label(
          left + (c + 0.5) * columnPx,
          (l + 1) * (fontPx + 3),
          line,
          `text-anchor="middle" fill="${COLOURS.quiet}"`,
        );
      }
    }
  }
  const rowPx = CELL_HEIGHT + (named ? 8 : 22);
  for (const [r, row] of grid.rows.entries()) {
    const top = headPx + r * rowPx;
    if (named) label(0, top + CELL_HEIGHT / 2 + 4, nameWords(row));
    for (const [c, column] of grid.columns.entries()) {
      const shown = grid.cell(row, column);
      if (!shown) continue;
      const x = left + c * columnPx + columnPx * 0.08;
      const cellTop = named ? top : top + 14;
      if (!named) label(x, top + 10, nameWords(shown.decision).slice(0, mostLetters), `fill="${COLOURS.quiet}"`);
      parts.push(drawCell(shown, x, cellTop, columnPx * 0.84));
    }
  }
  const rowsEnd = headPx + grid.rows.length * rowPx + 4;
  // Below columns where there are any and they are wide enough, else in a line per decision.
  const kinds = [...new Set(shares.map(({ kind }) => kind))];
  const legend = named && !isNarrow(widthPx)
    ? legendBelow(shares, kinds, { top: rowsEnd, left, columnPx })
    : legendLines(shares, kinds, { top: rowsEnd, widthPx });
  return { height: legend.bottom, markup: parts.join("") + legend.markup };
}

const LEGEND_FONT_PX = 12;
const LEGEND_LINE_PX = 18;

interface Legend {
  bottom: number;
  markup: string;
}

function legendText(x: number, y: number, words: string, fill = "currentColor"): string {
  return `<text x="${x.toFixed(1)}" y="${y}" font-size="${LEGEND_FONT_PX}" fill="${fill}">${escapeHtml(words)}</text>`;
}

function legendEntry(x: number, y: number, name: string, choice: number): string {
  return `<rect x="${x.toFixed(1)}" y="${y - 9}" width="10" height="10" fill="${seriesColour(choice)}"/>` +
    legendText(x + 14, y, name);
}

/** What the colours of each column mean, the last choice on top as in the bars. */
function legendBelow(
  shares: readonly ChoiceShares[],
  kinds: readonly string[],
  { columnPx, left, top }: { top: number; left: number; columnPx: number },
): Legend {
  const parts: string[] = [];
  let bottom = top;
  for (const [c, kind] of kinds.entries()) {
    const names = choiceNames(shares, kind);
    for (const [choice, name] of names.entries()) {
      const y = top + (names.length - choice) * LEGEND_LINE_PX;
      parts.push(legendEntry(left + (c + 0.08) * columnPx, y, name.slice(0, Math.floor(columnPx / 7)), choice));
      bottom = Math.max(bottom, y);
    }
  }
  return { bottom: bottom + 6, markup: parts.join("") };
}

/** What the colours of each kind of decision mean, in a line of its own. */
function legendLines(
  shares: readonly ChoiceShares[],
  kinds: readonly string[],
  { top, widthPx }: { top: number; widthPx: number },
): Legend {
  const lengthPx = (words: string) => words.length * LEGEND_FONT_PX * 0.6;
  const indent = Math.min(130, Math.max(...kinds.map((kind) => lengthPx(nameWords(kind)))) + 10);
  const parts: string[] = [];
  let bottom = top;
  for (const kind of kinds) {
    bottom += LEGEND_LINE_PX;
    parts.push(legendText(0, bottom, nameWords(kind), COLOURS.quiet));
    let x = Math.max(lengthPx(nameWords(kind)) + 10, indent);
    for (const [choice, name] of choiceNames(shares, kind).entries()) {
      if (x + lengthPx(name) + 14 > widthPx) [x, bottom] = [indent, bottom + LEGEND_LINE_PX];
      parts.push(legendEntry(x, bottom, name, choice));
      x += lengthPx(name) + 26;
    }
  }
  return { bottom: bottom + 6, markup: parts.join("") };
}

/** Three stacked bars, the first choice at the foot. */
function drawCell({ decision, choices, shares }: ChoiceShares, x: number, top: number, widthPx: number): string {
  const barPx = widthPx / shares.length;
  return shares.flatMap((part, p) => {
    let foot = top + CELL_HEIGHT;
    return part.map((share, choice) => {
      const height = share * CELL_HEIGHT;
      if (height === 0) return "";
      foot -= height;
      const words = `${nameWords(decision)}, ${PARTS[p]}: ${choices[choice]} ${percent(share)} %`;
      return `<rect class="choice" x="${(x + p * barPx + 0.5).toFixed(1)}" y="${foot.toFixed(2)}" ` +
        `width="${(barPx - 1).toFixed(1)}" height="${height.toFixed(2)}" fill="${seriesColour(choice)}" ` +
        `stroke="${COLOURS.page}" stroke-width="0.75"><title>${escapeHtml(words)}</title></rect>`;
    });
  }).join("");
}

function tableOf(shares: readonly ChoiceShares[]): FigureTable {
  return {
    head: ["decision", ...PARTS],
    rows: shares.map(({ decision, choices, shares }) => [
      nameWords(decision),
      ...shares.map((part) => choices.map((choice, i) => `${choice}: ${percent(part[i])} %`).join(", ")),
    ]),
  };
}

/** What each choice of a kind is called; where it depends on the group, its names there. */
function choiceNames(shares: readonly ChoiceShares[], kind: string): string[] {
  const same = shares.filter((one) => one.kind === kind);
  const most = Math.max(...same.map(({ choices }) => choices.length));
  return Array.from(
    { length: most },
    (_, choice) => [...new Set(same.flatMap(({ choices }) => choices[choice] ?? []))].join("/"),
  );
}

/** How often each choice was proposed in the first, the middle and the last third of the search. */
export function choicesOverTime(data: ReportData): Figure {
  const figure = { id: "choices-over-time", title: "What was chosen, and when" };
  const samples = data.trials.filter(({ role }) => role === "search").sort((a, b) => a.number - b.number)
    .map(({ tokens }) => tokens);
  if (data.space === null || samples.length < 2 * PARTS.length) {
    const content = `Shares over time need at least ${2 * PARTS.length} sampled students.`;
    return { ...figure, caption: "", legend: [], content };
  }
  const shares = choiceShares(data.space.decisions, samples, PARTS.length);
  return {
    ...figure,
    caption:
      "In each field three bars: the first, the middle and the last third of the search, each with the shares of " +
      "the choices among all sampled students, the first choice at the foot. Bars that become of one colour are decisions " +
      "on which the controller has settled.",
    legend: [],
    table: tableOf(shares),
    content: (widthPx) => [drawGrid(shares, widthPx)],
  };
}
