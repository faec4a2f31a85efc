// The live chart: milliseconds per inference over the rounds of a load, on a logarithmic scale, the references beside the
// candidates. Own SVG; drawn only between rounds, since every line of it would cost time inside them.
import { type Trace, traceMedian } from "./trace.ts";

export interface ChartSeries {
  role: "candidate" | "small reference" | "large reference";
  /** SVG paths: of the medians, and around the middle half of the samples. */
  line: string;
  band: string;
}

export interface ChartDrawing {
  series: ChartSeries[];
  /** Values with a grid line, and how far from the top it is. */
  ticks: { label: string; y: number }[];
}

/** One entry under the chart. */
export interface LegendEntry {
  role: ChartSeries["role"];
  text: string;
}

const margin = { left: 34, right: 4, top: 8, bottom: 8 };

/** The paths of a trace for an SVG of that size in pixels; null for an empty trace. */
export function chartDrawing(trace: Trace, width: number, height: number): ChartDrawing | null {
  if (trace.bins.length === 0) return null;
  const values = trace.bins.flatMap(({ points }) => points.flat());
  // A little room, and never a scale of no height.
  const low = Math.log(Math.min(...values)) - 0.08;
  const high = Math.log(Math.max(...values)) + 0.08;
  const y = (value: number) =>
    fixed(margin.top + (height - margin.top - margin.bottom) * (high - Math.log(value)) / (high - low));
  const inner = width - margin.left - margin.right;
  // From edge to edge: each bin stands at its beginning, the last one at the end.
  const span = Math.max(1, trace.rounds - (trace.bins.at(-1)?.rounds ?? 0));
  let begun = 0;
  const xs = trace.bins.map(({ rounds }) => {
    const x = fixed(margin.left + inner * begun / span);
    begun += rounds;
    return x;
  });
  const path = (points: string[]) => `M${points.join("L")}`;
  const series = trace.bins[0].points.map((_, network): ChartSeries => {
    const at = (which: 0 | 1 | 2) => {
      const points = trace.bins.map((bin, index) => `${xs[index]} ${y(bin.points[network][which])}`);
      // A single bin is drawn as long as the chart.
      return points.length > 1
        ? points
        : [points[0], `${margin.left + inner} ${y(trace.bins[0].points[network][which])}`];
    };
    return {
      role: roleOf(network),
      line: path(at(0)),
      band: `${path([...at(2), ...at(1).reverse()])}Z`,
    };
  });
  return { series, ticks: ticksBetween(Math.exp(low), Math.exp(high)).map((tick) => ({ ...tick, y: y(tick.value) })) };
}

/** What each line is, with its median so far. */
export function chartLegend(trace: Trace): LegendEntry[] {
  const medians = (trace.bins[0]?.points ?? []).map((_, network) => traceMedian(trace, network) ?? NaN);
  if (medians.length === 0) return [];
  const [small, large, ...candidates] = medians;
  const entries: LegendEntry[] = [
    { role: "small reference", text: `small reference ${milliseconds(small)}` },
    { role: "large reference", text: `large reference ${milliseconds(large)}` },
  ];
  if (candidates.length === 1) {
    entries.unshift({ role: "candidate", text: `this network ${milliseconds(candidates[0])}` });
  }
  if (candidates.length > 1) {
    const range = `${digits(Math.min(...candidates))} to ${milliseconds(Math.max(...candidates))}`;
    entries.unshift({ role: "candidate", text: `${candidates.length} networks ${range}` });
  }
  return entries;
}

/** The chart in a sentence, for those who hear the page. */
export function chartText(trace: Trace): string {
  if (trace.bins.length === 0) return "No samples yet.";
  const medians = chartLegend(trace).map(({ text }) => text).join(", ");
  return `Milliseconds per inference over ${trace.rounds} rounds, medians: ${medians}.`;
}

/** "0.253 ms", "12.4 ms": three digits. */
export function milliseconds(value: number): string {
  return `${digits(value)} ms`;
}

function digits(value: number): string {
  return value < 100 ? value.toPrecision(3) : value.toFixed(0);
}

/** Draws into `svg`, which is as large as it is shown; takes its text alternative along. */
export function drawChart(svg: SVGSVGElement, trace: Trace): void {
  const width = svg.clientWidth || 288;
  const height = svg.clientHeight || 150;
  const drawing = chartDrawing(trace, width, height);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("aria-label", chartText(trace));
  svg.classList.toggle("many", trace.bins.length > 0 && trace.bins[0].points.length > 5);
  svg.replaceChildren();
  if (!drawing) {
    add(svg, "text", { class: "nothing", x: `${width / 2}`, y: `${height / 2}` }).textContent = "No samples yet";
    return;
  }
  for (const { label, y } of drawing.ticks) {
    add(svg, "line", { class: "grid", x1: `${margin.left}`, x2: `${width - margin.right}`, y1: `${y}`, y2: `${y}` });
    add(svg, "text", { class: "tick", x: `${margin.left - 6}`, y: `${y}`, dy: "0.32em" }).textContent = label;
  }
  // The references come first, so that candidates lie on top.
  for (const { role, line, band } of drawing.series) {
    const name = role.replace(" ", "-");
    add(svg, "path", { class: `band ${name}`, d: band });
    add(svg, "path", { class: `line ${name}`, d: line });
  }
}

function add(svg: SVGSVGElement, name: string, attributes: Record<string, string>): Element {
  const made = svg.ownerDocument.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  svg.append(made);
  return made;
}

function roleOf(network: number): ChartSeries["role"] {
  return network === 0 ? "small reference" : network === 1 ? "large reference" : "candidate";
}

/** Values of the series 1, 2, 5 between two others, at most five of them. */
function ticksBetween(low: number, high: number): { value: number; label: string }[] {
  const all: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const digit of [1, 2, 5]) {
      const value = Number(`${digit}e${power}`);
      if (value >= low && value <= high) all.push(value);
    }
  }
  const step = Math.ceil(all.length / 5);
  const chosen = all.filter((_, index) => index % step === 0);
  if (chosen.length === 0) chosen.push(Number(Math.sqrt(low * high).toPrecision(2)));
  return chosen.map((value) => ({ value, label: String(value) }));
}

function fixed(value: number): number {
  return Math.round(value * 10) / 10;
}
