import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { parseHTML } from "linkedom";
import type { Card } from "../../../search/export/card.ts";
import type { PageData } from "../../../search/export/page/page_data.ts";
import { pageHtml } from "../../../search/export/page_html.ts";
import { hostileNames, network } from "./made_up_run.ts";

function cardOf(channels: 1 | 3): Card {
  return {
    ...{ format: "nacre-card", version: 2, createdAt: "2026-01-03T00:00:00Z", run: "r", role: "search", trial: 3 },
    ...{ label: "<i>", weights: "final", architectureHash: "ab", output: { name: "logits", classes: 3 } },
    data: { name: "<b>data</b>", description: "", contentHash: "", classNames: hostileNames },
    input: {
      ...network(channels).input,
      ...{ colours: channels === 1 ? "grey" : "RGB", divideBy: 255, mean: [0.5], deviation: [0.25] },
    },
    teachers: [{ name: "</main>", accuracy: null, testAccuracy: null, hash: "" }],
    distiller: { name: "kd", options: {} },
    training: {
      ...{ images: 1, epochs: 1, views: 1, batchSize: 1, learningRate: 0.1 },
      ...{ steps: null, seconds: null, backend: null, startedFrom: null },
    },
    accuracy: {
      ...{ validation: 0.5, validationImages: 2, test: null, testImages: 1 },
      recomputed: { images: 2, accuracy: 0.5 },
    },
    latency: [],
    size: { parameters: 1, multiplyAdds: 1, memoryBytes: 1, downloadBytes: 1 },
    formats: [],
    safetensors: null,
    tolerance: 1e-3,
  };
}

function dataOf(channels: 1 | 3): PageData {
  return {
    architecture: network(channels),
    weights: { parameters: "AAAA", statistics: "" },
    classNames: hostileNames,
    mean: [0.5],
    deviation: [0.25],
    samples: hostileNames.map((_, label) => ({ png: "iVBORw0KGgo=", label })),
  };
}

const script = 'const text = "</script><!-- <script>"; export {};';

function page(channels: 1 | 3) {
  const text = pageHtml({ card: cardOf(channels), data: dataOf(channels), script, wasm: Uint8Array.of(1, 2, 3) });
  return { text, document: parseHTML(text).document };
}

Deno.test("the page may run its own script alone, and reach nothing", () => {
  const { document } = page(1);
  const policy = document.querySelector("meta[http-equiv]")?.getAttribute("content") ?? "";
  assertMatch(policy, /^default-src 'none'; /);
  assert(!/https?:|unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')|\*/.test(policy), policy);
  for (const [tag, directive] of [["script[type=module]", "script-src"], ["style", "style-src"]]) {
    const content = document.querySelector(tag)?.textContent ?? "";
    const hash = createHash("sha256").update(content).digest("base64");
    assert(policy.includes(`${directive} 'sha256-${hash}'`), `${tag} is not what ${policy} allows`);
  }
});

Deno.test("nothing on the page leads to another file", () => {
  const { document } = page(3);
  for (const element of document.querySelectorAll("[src], [href]")) {
    assertMatch(element.getAttribute("src") ?? element.getAttribute("href") ?? "", /^data:/);
  }
});

Deno.test("names and scripts stay text, whatever they hold", () => {
  const { document, text } = page(1);
  assertEquals(document.querySelectorAll("script").length, 3);
  assertEquals(text.match(/<script/g)?.length, 3);
  assertEquals(document.querySelector("h1")?.textContent, "<b>data</b>: trial 3, <i>");
  assertEquals(document.querySelectorAll("main").length, 1);
  const data: PageData = JSON.parse(document.getElementById("data")?.textContent ?? "");
  assertEquals(data, dataOf(1));
  const titles = [...document.querySelectorAll(".samples button")].map((button) => button.getAttribute("title"));
  assertEquals(titles, hostileNames);
  assertEquals(document.querySelector("script[type=module]")?.textContent, script.replaceAll(/<(?=[/!s])/g, "\\x3C"));
});

Deno.test("one draws for a network of grey pictures only", () => {
  for (const [channels, expected] of [[1, true], [3, false]] as const) {
    const { document } = page(channels);
    assertEquals(document.getElementById("pad") !== null, expected);
    assertEquals(document.getElementById("invert") !== null, expected);
  }
});
