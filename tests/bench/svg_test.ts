import { assert, assertEquals } from "@std/assert";
import { parseHTML } from "linkedom";
import { drawFigure } from "../../bench/claims/drawing.ts";
import { figureOf as controllersFigure } from "../../bench/controllers/figure.ts";
import { figureOf as distillationFigure } from "../../bench/distillation/figure.ts";
import { figureOf as predictorFigure } from "../../bench/predictor/figure.ts";
import { svgDocument } from "../../bench/svg.ts";

const difference = {
  mean: 0.1,
  low: 0,
  high: 0.2,
  n: 2,
  p: null,
  correctedP: null,
  better: 2,
  worse: 0,
};
const row = { method: "none", trainings: 2, failed: 0, accuracy: null, difference, seconds: null, steps: null };
const mean = { landscape: "small", samples: 24, mean: 0.5, low: 0.4, high: 0.6, seeds: 2 } as const;
const controllers = ["ppo", "reinforce", "evolution", "local", "model", "random"] as const;

const figures = {
  empty: svgDocument({ widthPx: 10, heightPx: 10, fontPx: 12, label: "", content: "" }),
  claims: drawFigure({ title: "a title", panels: [], key: [{ label: "first", series: 0 }] }),
  controllers: controllersFigure(controllers.map((controller) => ({ ...mean, controller }))),
  distillation: distillationFigure({ overall: [row], settings: [] }),
  predictor: predictorFigure([{ space: "mnas", measuredMs: 1, latencyMs: 1.1, lowMs: 1, highMs: 1.2 }], {
    trainedOn: 9,
  }),
};

for (const [name, svg] of Object.entries(figures)) {
  Deno.test(`figure of ${name}: a background of its own, and every colour for light and dark screens and for paper`, () => {
    const { document } = parseHTML(svg);
    const [style, background] = document.documentElement.children;
    assertEquals([background.localName, background.getAttribute("fill")], ["rect", "var(--page)"]);
    assertEquals(["width", "height"].map((side) => background.getAttribute(side)), ["100%", "100%"]);
    const [light, dark, print] = (style.textContent ?? "").split("@media");
    assert(dark.includes("prefers-color-scheme: dark") && print.includes("print"));
    for (const [, colour] of svg.matchAll(/var\((--\w+)\)/g)) {
      for (const part of [light, dark, print]) assert(part.includes(`${colour}:`), `${colour} is not defined`);
    }
  });
}
