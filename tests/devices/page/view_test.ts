import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseHTML } from "linkedom";
import { explain, LinkRefusedError, unfit } from "../../../devices/page/explain.ts";
import { createPairingView } from "../../../devices/page/pairing_view.ts";
import { PairingRefusedError } from "../../../devices/page/pairing.ts";
import { RefusedError, ServerGoneError } from "../../../devices/page/post.ts";
import { loadState, withLoad, withResults } from "../../../devices/page/session_state.ts";
import { createView } from "../../../devices/page/view.ts";
import { fakeStorage } from "./fake_line.ts";
import { fakeRequest } from "./fake_request.ts";

const html = await Deno.readTextFile(new URL("../../../devices/page/index.html", import.meta.url));

function openPage() {
  const document = parseHTML(html).document as unknown as Document;
  const find = (id: string) => document.getElementById(id) as HTMLElement;
  return { document, find, view: createView(document) };
}

const first = loadState(fakeStorage());

Deno.test("the page holds nothing that its policy forbids, and names its parts", () => {
  const { document } = openPage();
  assertEquals(document.querySelectorAll("[style], script:not([src]), style").length, 0);
  assertEquals(document.documentElement.getAttribute("lang"), "en");
  assertEquals(document.querySelectorAll("h1").length, 1);
  assertEquals(document.getElementById("status")?.getAttribute("role"), "status");
  for (const input of document.querySelectorAll("input")) {
    assert(document.querySelector(`label[for="${input.id}"]`), `no label for #${input.id}`);
  }
  for (const image of document.querySelectorAll("img")) assert(image.hasAttribute("alt"));
  for (const use of document.querySelectorAll("use")) {
    assert(document.querySelector(use.getAttribute("href") ?? "none"), use.outerHTML);
  }
});

Deno.test("a state is drawn whole: who, what, which results", () => {
  const { view, find, document } = openPage();
  const request = fakeRequest();
  const state = withResults(withLoad({ ...first, device: "phone", lan: true }, request), request, [0.8123], 0);
  view.draw({ ...state, status: { tone: "paused", headline: "Paused", detail: "Why." } });
  assertEquals(find("device").textContent, "Paired as phone");
  assertEquals(document.title, "Nacre: phone");
  assertEquals(find("headline").textContent, "Paused");
  assertEquals(find("state").getAttribute("data-tone"), "paused");
  assertEquals(find("status-icon").getAttribute("href"), "#icon-paused");
  assert(document.querySelector("#icon-paused"));
  assertEquals(find("install").hidden, false);
  assertMatch(find("results").textContent ?? "", /^0\.812 msnetwork of 3 layers, tfjs-wasm, \d\d:\d\d$/);
  assertEquals(find("count").textContent, "1 network timed in this tab.");
});

Deno.test("help for certificates, results and problems are shown only where there are any", () => {
  const { view, find } = openPage();
  view.draw(first);
  for (const id of ["install", "results-card", "chart-card", "problem", "awake", "progress", "action"]) {
    assertEquals(find(id).hidden, true, id);
  }
  view.showProblem("This went wrong.");
  assertEquals([find("problem").hidden, find("problem").textContent], [false, "This went wrong."]);
  view.showProblem(null);
  assertEquals(find("problem").hidden, true);
});

Deno.test("progress is a native progress bar with whole per cents within its bounds", () => {
  const { view, find } = openPage();
  const progress = find("progress") as HTMLProgressElement;
  assertEquals([progress.localName, progress.getAttribute("max")], ["progress", "100"]);
  for (const [fraction, percent] of [[0.424, 42], [-1, 0], [7, 100]]) {
    view.showProgress(fraction);
    assertEquals([progress.hidden, Number(progress.value)], [false, percent]);
  }
  view.showProgress(null);
  assertEquals(progress.hidden, true);
});

Deno.test("the button for the screen is there where a tap may help", () => {
  const { view, find } = openPage();
  const keepAwake = () => {};
  view.showAwake({ wakeLock: "refused", keepAwake });
  assertEquals([find("awake").hidden, find("awake-button").hidden], [false, false]);
  view.showAwake({ wakeLock: "held", keepAwake });
  assertEquals([find("awake").hidden, find("awake-button").hidden], [false, true]);
  view.showAwake({ wakeLock: "absent", keepAwake });
  assertMatch(find("awake-text").textContent ?? "", /long screen timeout/);
  view.showAwake(null);
  assertEquals(find("awake").hidden, true);
});

Deno.test("digits are shown in two groups and read one by one", () => {
  const { document, find } = openPage();
  const pairing = createPairingView(document);
  pairing.showCode("042917");
  assertEquals([find("code-card").hidden, find("code").textContent], [false, "042 917"]);
  assertEquals(find("code").getAttribute("aria-label"), "0 4 2 9 1 7");
  pairing.close();
  assertEquals(find("code-card").hidden, true);
});

Deno.test("every end is explained, with a button only where it helps", () => {
  const ends: [unknown, { headline: string; button?: string; waits: boolean; tone?: string }][] = [
    [new RefusedError(401, "not paired"), { headline: "Not paired", waits: false }],
    [new RefusedError(409, "x"), { headline: "Open in another tab", button: "Measure here instead", waits: false }],
    [new RefusedError(410, "x"), { headline: "Finished", waits: true, tone: "ready" }],
    [new RefusedError(400, "body.page: no"), { headline: "Stopped", button: "Load this page again", waits: false }],
    [
      new ServerGoneError(),
      { headline: "Nacre is out of reach", button: "Connect again", waits: true, tone: "paused" },
    ],
    [new PairingRefusedError(), { headline: "Not let in", waits: false }],
    [new LinkRefusedError("used"), { headline: "This link does not work", waits: false }],
    [new Error("a private window?"), { headline: "Stopped", button: "Load this page again", waits: false }],
  ];
  for (const [error, { headline, button, waits, tone = "stopped" }] of ends) {
    const explanation = explain(error);
    assertEquals(explanation.headline, headline);
    assertEquals(explanation.button, button);
    assertEquals(explanation.waits, waits);
    assertMatch(explanation.advice, /^[A-Z].*[.?]$/);
    const { view, find } = openPage();
    view.showExplanation(explanation, () => {});
    assertEquals(find("action").hidden, button === undefined);
    assertEquals(find("detail").textContent, explanation.advice);
    assertEquals(find("state").dataset.tone, tone);
  }
  assertMatch(explain(new RefusedError(401, "this browser is not paired")).advice, /scan the code/);
});

Deno.test("a page that cannot pair says why", () => {
  assertEquals(unfit({ secure: true, subtle: true, indexedDb: true }), null);
  assertMatch(unfit({ secure: false, subtle: false, indexedDb: true })?.advice ?? "", /https/);
  assertMatch(unfit({ secure: true, subtle: true, indexedDb: false })?.advice ?? "", /ordinary window/);
});
