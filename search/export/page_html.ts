// One file that runs the student: script, WebAssembly, weights and sample images are within it, and it may fetch nothing.
import { createHash } from "node:crypto";
import { flagMeaning } from "../../devices/mod.ts";
import { formatMilliseconds, formatPercent } from "../../src/cli/format.ts";
import { type Html, html, trusted } from "../report/html.ts";
import { teachersInWords } from "../reported_teachers.ts";
import { type Card, type CardLatency, studentName } from "./card.ts";
import { dataBlock, type PageData, wasmBlock } from "./page/page_data.ts";
import { pageStyle } from "./page_style.ts";

export interface PageParts {
  card: Card;
  data: PageData;
  /** Bundled, without imports. */
  script: string;
  /** The SIMD build of tfjs's WebAssembly backend. */
  wasm: Uint8Array;
}

/** The side of the drawing pad in pixels. */
const padSize = 280;

const sourceHash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Text within a script element: what would end it, or begin a comment, is written otherwise. */
const withinScript = (text: string) => text.replace(/<(?=\/script|script|!--)/gi, "\\x3C");
const json = (value: unknown) => JSON.stringify(value).replaceAll("<", "\\u003c");

function timing({ description, flags, highMs, latencyMs, lowMs, medianMs, p90Ms, runtime }: CardLatency): Html {
  const ms = formatMilliseconds;
  const doubts = flags.map((flag) => html`<li>in doubt, ${flag}: ${flagMeaning(flag)}</li>`);
  return html`<li>${ms(latencyMs)} ms at nominal speed, so freed of the device's drift (95 % interval ${ms(lowMs)} to
${ms(highMs)} ms), on ${description} (${runtime}); as timed, median ${ms(medianMs)} ms, 90th percentile ${
    ms(p90Ms)
  } ms</li>
${doubts}`;
}

function facts({ accuracy, latency, teachers, weights }: Card): Html {
  const { test, validation } = accuracy;
  const shown = test === null ? `${formatPercent(validation)} on validation` : `${formatPercent(test)} on test`;
  const [first] = latency;
  return html`<ul class="facts">
<li>${shown} images, ${weights === "final" ? "trained longer after the search" : "trained briefly amid the search"}</li>
${first ? timing(first) : null}
${teachers.length > 0 ? html`<li>learned from ${teachersInWords(teachers)}</li>` : null}
</ul>`;
}

function preprocessing({ data, input }: Card): Html {
  const { channels, deviation, height, mean, width } = input;
  const list = (values: readonly number[]) => values.map((value) => value.toFixed(4)).join(", ");
  const grey = channels === 1
    ? html` Colours become grey (BT.601). The model knows pictures as those above, bright or dark as they are: where yours is
the other way, let it be inverted.`
    : null;
  return html`
    <details>
      <summary>What becomes of a picture</summary>
      <p>It is squeezed to ${width} x ${height} pixels, each the mean of the area it covers; crop it yourself so that the thing fills
    it.${grey} Then bytes are divided by 255, the mean ${list(mean)} is taken off, and the rest divided by ${list(
      deviation,
    )}. The left
    picture shows what the model reads.</p>
      <p>It knows ${data.classNames
        .length} classes and answers with one of them whatever it is shown. Nothing leaves this page: it
    has no permission to reach a network.</p>
    </details>
  `;
}

function samples({ classNames, samples }: PageData): Html | null {
  if (samples.length === 0) return null;
  const button = ({ label, png }: PageData["samples"][number], index: number) =>
    html`<button type="button" id="sample-${index}" disabled title="${classNames[label]}">
<img src="data:image/png;base64,${png}" alt="${classNames[label]}"></button>`;
  return html`
    <section aria-label="Validation images">
      <h2>Validation images</h2>
      <div class="samples">${samples.map(button)}</div>
    </section>
  `;
}

function own({ input }: Card): Html {
  const pad = html`<section aria-label="Draw"><h2>Or draw</h2>
<canvas id="pad" width="${padSize}" height="${padSize}" role="img" aria-label="Drawing pad"></canvas>
<button type="button" id="clear">Clear</button></section>`;
  const invert = html`<label class="switch"><input type="checkbox" id="invert"> dark on bright: invert it</label>`;
  return html`<section aria-label="A picture of yours"><h2>A picture of yours</h2>
<label class="drop">Choose, drop or paste a picture<input type="file" id="file" accept="image/*"></label>
${input.channels === 1 ? invert : null}</section>
${input.channels === 1 ? pad : null}`;
}

/** The page as one HTML file that works from a disk. */
export function pageHtml({ card, data, script, wasm }: PageParts): string {
  const code = withinScript(script);
  const policy = [
    "default-src 'none'",
    `script-src ${sourceHash(code)} 'wasm-unsafe-eval'`,
    `style-src ${sourceHash(pageStyle)}`,
    "img-src data: blob:",
    // Of the page's own binary; there is no other way into tfjs.
    "connect-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const title = `${card.data.name}: ${studentName(card)}`;
  const page = html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="${policy}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>${title}</title>
        <link rel="icon" href="data:,">
        <style>${trusted(pageStyle)}</style>
      </head>
      <body>
        <main>
    <header><p class="brand">Nacre · run ${card.run}</p><h1>${title}</h1>${facts(card)}</header>
    <p id="status" role="status">Starting …</p>
    <div class="answer">
    <canvas id="seen" width="${card.input.width}" height="${card.input.height}" role="img"
    aria-label="What the model reads"></canvas>
    <div><ol id="classes"></ol><p id="truth"></p><p id="time"></p></div>
    </div>
    ${samples(data)}
    <div class="own">${own(card)}</div>
    ${preprocessing(card)}
    <noscript><p>The model runs as a script of this page: allow it.</p></noscript>
        </main>
        <script type="application/json" id="${dataBlock}">${trusted(json(data))}</script>
        <script type="text/plain" id="${wasmBlock}">${trusted(wasm.toBase64())}</script>
        <script type="module">${trusted(code)}</script>
      </body>
    </html>
  `;
  return page.markup;
}
