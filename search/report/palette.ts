// The colours of the report and of its stand-alone figures: those of Okabe and Ito, shifted for contrast on light and on
// dark pages, so that colour-blind readers can tell them apart. Every mark also has a shape of its own.

const LIGHT = `
  --page: #fdfcfa; --panel: #ffffff; --ink: #22262b; --quiet: #5c6570; --line: #e4e0da; --grid: #ece8e2;
  --student: #7c8894; --front: #00668f; --baseline: #b8500a; --target: #8c3f87; --teacher: #22262b; --tint: #eef5f8;
  --series1: #00668f; --series2: #c2570c; --series3: #00795c; --series4: #a3488f; --series5: #8a6d00; --series6: #3f9bd0;
  --series7: #5c6570; --series8: #e0a312;`;

const DARK = `
  --page: #15181c; --panel: #1b1f24; --ink: #e6e3de; --quiet: #a2aab3; --line: #32383f; --grid: #2a2f36;
  --student: #8994a0; --front: #5cc3ee; --baseline: #f0a050; --target: #d99bd5; --teacher: #e6e3de; --tint: #1d2b34;
  --series1: #5cc3ee; --series2: #f0954a; --series3: #3fc39c; --series4: #dd95cb; --series5: #d9c24a; --series6: #2f82b8;
  --series7: #a2aab3; --series8: #fadf7a;`;

const PRINT = `
  --page: #fff; --panel: #fff; --ink: #000; --quiet: #444; --line: #ccc; --grid: #e5e5e5; --student: #7c8894;
  --front: #00668f; --baseline: #b8500a; --target: #8c3f87; --teacher: #000; --tint: #f2f2f2;
  --series1: #00668f; --series2: #c2570c; --series3: #00795c; --series4: #a3488f; --series5: #8a6d00; --series6: #3f9bd0;
  --series7: #5c6570; --series8: #e0a312;`;

/** Style rules that define every colour for light and dark screens and for paper. */
export const PALETTE = `
:root {${LIGHT}
}
@media (prefers-color-scheme: dark) {
  :root {${DARK}
  }
}
@media print {
  :root {${PRINT}
  }
}`;

/** Colours of the marks. */
export const COLOURS = {
  student: "var(--student)",
  front: "var(--front)",
  baseline: "var(--baseline)",
  target: "var(--target)",
  teacher: "var(--teacher)",
  grid: "var(--grid)",
  page: "var(--page)",
  ink: "var(--ink)",
  quiet: "var(--quiet)",
} as const;

/** How many series have a colour of their own; later ones begin again, with another shape and other dashes. */
const SERIES_COLOURS = 8;

/** The colour of the series at `index`, 0-based. */
export function seriesColour(index: number): string {
  return `var(--series${(index % SERIES_COLOURS) + 1})`;
}

/**
 * Shapes of the series, in Plot's names. Their number has no divisor in common with that of the colours, so that 72 series
 * differ in one or the other.
 */
const SERIES_SYMBOLS = [
  "circle",
  "diamond2",
  "triangle",
  "square",
  "star",
  "cross",
  "triangle2",
  "hexagon",
  "wye",
] as const;

export type SeriesSymbol = typeof SERIES_SYMBOLS[number];

/** The shape of the series at `index`, 0-based. */
export function seriesSymbol(index: number): SeriesSymbol {
  return SERIES_SYMBOLS[index % SERIES_SYMBOLS.length];
}
