import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseHTML } from "linkedom";
import { renderComparison } from "../../../../search/report/comparison/comparison.ts";
import { comparedRuns, differingRows } from "../../../../search/report/comparison/compared_run.ts";
import type { ReportData } from "../../../../search/report/report_data.ts";
import { signMarkup } from "../../../../search/report/figures/signs.ts";
import type { PROTOCOL } from "../../../../src/schemas/measurement.ts";
import {
  fixtureDevice,
  fixtureReport,
  fixtureTeacher,
  fixtureTrial,
  fixtureTrials,
  fixtureUpdates,
} from "../fixtures.ts";

function open(reports: readonly ReportData[]): Document {
  return parseHTML(renderComparison(reports)).document as unknown as Document;
}

function texts(root: Document | Element, selector: string): string[] {
  return [...root.querySelectorAll(selector)].map(({ textContent }) => (textContent ?? "").replace(/\s+/g, " ").trim());
}

const one = fixtureReport({ run: "one", trials: fixtureTrials(40, 1), updates: fixtureUpdates(10) });
const two = fixtureReport({ run: "two", trials: fixtureTrials(30, 2), controller: "random" });

Deno.test("each run has its line in every figure, its row in the table and its place on the common map", () => {
  const document = open([one, two]);
  const lines = (figure: string) => document.querySelectorAll(`#${figure} .wide .run path`).length;
  assertEquals(["fronts", "best-reward", "hypervolume", "entropy"].map(lines), [2, 2, 2, 1]);
  assertEquals(
    document.querySelectorAll("#projection .wide .architectures path, #projection .wide circle[fill-opacity]").length,
    70,
  );
  assertEquals(texts(document, "#runs tbody th"), ["one", "two"]);
  assertEquals(texts(document, "h1"), ["2 runs compared: one, two"]);
});

Deno.test("hypervolumes are measured by one reference", () => {
  const trial = (number: number, latencyMs: number) => fixtureTrial({ number, latencyMs, accuracy: 0.5 });
  const fast = fixtureReport({ run: "fast", trials: [trial(1, 1)] });
  const slow = fixtureReport({ run: "slow", trials: [trial(1, 1), trial(2, 4)] });
  const document = open([fast, slow]);
  // Half of all images within 1 of the 4 ms: 0.5 * (4 - 1) / 4.
  const column = texts(document, "#runs thead th").indexOf("hypervolume") - 1;
  for (const row of document.querySelectorAll("#runs tbody tr")) assertEquals(texts(row, "td")[column], "37.5 %");
});

Deno.test("runs of different spaces have no common map, and are said to have none", () => {
  const other = { ...two, space: { name: "other", decisions: [{ name: "only", choices: [1, 2] }] } };
  assertStringIncludes(texts(open([one, other]), "#projection .nothing")[0], "different spaces");
});

Deno.test("one warning says in what runs differ that cannot be compared, and so do hypervolumes", () => {
  // As a later version would measure.
  const protocol = "nacre/0" as string as typeof PROTOCOL;
  const remeasured = () =>
    two.trials.map((trial) => ({
      ...trial,
      measurements: trial.measurements.map((one) => ({ ...one, protocol })),
    }));
  const cases: [Partial<ReportData>, string][] = [
    [{ devices: [{ ...two.devices[0], description: "another processor" }] }, "different devices"],
    [{ devices: [{ ...two.devices[0], runtime: "tfjs-webgl" }] }, "different runtimes"],
    [{ dataHash: "other data" }, "different data"],
    [{ split: { dataSeed: 1, validationImages: 2000 } }, "different splits of the data"],
    [{ split: { dataSeed: 0, validationImages: 500 } }, "different splits of the data"],
    [{ trials: remeasured(), dataHash: "other data" }, "different measuring protocols and data"],
  ];
  for (const [change, words] of cases) {
    const document = open([one, { ...two, ...change }]);
    const warnings = texts(document, ".warning");
    assertEquals(warnings.length, 1);
    assertStringIncludes(warnings[0], words);
    const places = ["#fronts figcaption", "#hypervolume figcaption", "main section .note"];
    for (const place of places) assertStringIncludes(texts(document, place)[0], `do not compare: ${words}.`);
  }
  assert(!renderComparison([one, two]).includes("do not compare"));
  // What a run does not know yet is no difference.
  const begun = fixtureReport({ run: "begun", devices: [], dataHash: null });
  assertEquals(texts(open([one, begun]), ".warning"), []);
});

Deno.test("on the common map a colour is a teacher and a shape a run", () => {
  const teachers = [fixtureTeacher({ name: "other", hash: "other" })];
  const runs = [one, { ...two, teachers }, { ...two, run: "three", teachers: one.teachers }];
  const document = open(runs);
  const signs = [...document.querySelectorAll("#projection ul.legend li path")].slice(0, 3);
  const [first, second, third] = signs.map((path) => [path.getAttribute("fill"), path.getAttribute("d")]);
  assertEquals(first[0], third[0]);
  assert(first[0] !== second[0]);
  assertEquals(new Set([first[1], second[1], third[1]]).size, 3);
  const fills = [...document.querySelectorAll("#projection .wide g[aria-label='dot']")]
    .map((group) => group.getAttribute("fill")).filter((fill) => fill?.startsWith("var(--series"));
  assertEquals(new Set(fills), new Set(["var(--series1)", "var(--series2)"]));
  assertStringIncludes(texts(document, "#projection figcaption")[0], "A colour is a teacher");
  assert(!texts(open([one, two]), "#projection figcaption")[0].includes("teacher"));
});

Deno.test("a dozen runs look different, each from each, as marks and as lines", () => {
  for (const as of ["mark", "line"] as const) {
    const signs = Array.from({ length: 12 }, (_, series) => signMarkup({ series, as }));
    assertEquals(new Set(signs).size, 12);
  }
});

Deno.test("options that differ are listed, the name of the run left out", () => {
  const options = (report: ReportData, ...rows: [string, string][]) => ({ ...report, configuration: rows });
  const runs = comparedRuns([
    options(one, ["run", "one"], ["seed", "1"], ["reward", "hard"]),
    options(two, ["run", "two"], ["seed", "2"], ["reward", "hard"], ["teachers", "x"]),
  ]);
  assertEquals(differingRows(runs), [["seed", "1", "2"], ["teachers", "–", "x"]]);
});

Deno.test("runs that learned from different teachers are told apart by them", () => {
  const untaught = { ...two, teachers: [] };
  assertEquals(comparedRuns([one, untaught]).map(({ label }) => label), [
    "one (teacher: reference x2.0)",
    "two (teacher: none)",
  ]);
});

Deno.test("different teachers of one name are told apart, and the teachers of one run named together", () => {
  const teacher = (hash: string, accuracy: number) => fixtureTeacher({ name: "residual teacher", hash, accuracy });
  const [a, b, c] = [teacher("a", 1), teacher("b", 0.886), teacher("c", 1)];
  const labelled = (...all: ReportData["teachers"][]) =>
    comparedRuns(all.map((teachers, i) => ({ ...two, run: `r${i}`, teachers }))).map((
      { colour, label },
    ) => [colour, label]);
  assertEquals(labelled([a], [b], [a, b], [b, a]), [
    [0, "r0 (teacher: residual teacher, 100.0 %)"],
    [1, "r1 (teacher: residual teacher, 88.6 %)"],
    [2, "r2 (teachers: residual teacher, 100.0 % and residual teacher, 88.6 %)"],
    [2, "r3 (teachers: residual teacher, 100.0 % and residual teacher, 88.6 %)"],
  ]);
  assertEquals(labelled([a], [c]), [
    [0, "r0 (teacher: residual teacher, 100.0 %, no. 1)"],
    [1, "r1 (teacher: residual teacher, 100.0 %, no. 2)"],
  ]);
});

Deno.test("rewards without a common scale are neither drawn nor listed, and one line says what differs", () => {
  const hard = { form: "hard", combine: "worst", isAccuracyAlone: false } as const;
  const device = fixtureDevice;
  const phone = device({ name: "phone", description: "a phone" });
  const both = [device(), phone];
  const cases: [Partial<ReportData>, Partial<ReportData>, string][] = [
    [{}, { reward: { ...hard, form: "absolute" } }, "different reward forms"],
    [{}, { reward: { ...hard, form: "soft" } }, "different exponents"],
    [{}, { reward: { ...hard, exponents: [0, -2] } }, "different exponents"],
    [{}, { reward: { ...hard, exponents: [0, 0], isAccuracyAlone: true } }, "different exponents"],
    [
      { reward: { ...hard, form: "absolute" } },
      { reward: { ...hard, form: "absolute", absoluteWeight: -1 } },
      "different absolute weights",
    ],
    [{}, { devices: [device({ targetMs: 2.01 })] }, "different targets"],
    [
      { devices: [device({ targetGiven: false })] },
      { devices: [device({ targetGiven: false, targetMs: 2.2 })] },
      "different targets",
    ],
    [{ devices: both }, { devices: both, reward: { ...hard, combine: "mean" } }, "different ways to combine devices"],
    [
      { devices: both, reward: { ...hard, combine: "weighted" } },
      { devices: [device({ weight: 2 }), phone], reward: { ...hard, combine: "weighted" } },
      "different weights of devices",
    ],
    [
      { devices: [device({ weight: 2 }), phone], reward: { ...hard, combine: "mean" } },
      { devices: [device({ weight: 2 }), phone], reward: { ...hard, combine: "weighted" } },
      "different weights of devices",
    ],
  ];
  for (const [first, second, words] of cases) {
    const document = open([{ ...one, ...first }, { ...two, ...second }]);
    const lines = texts(document, ".warning").filter((line) => line.includes("no common scale"));
    assertEquals(lines, [`The runs have ${words}: their rewards have no common scale and are left out.`]);
    assertEquals(texts(document, "#best-reward .nothing"), [
      `The runs have ${words}: their rewards have no common scale.`,
    ]);
    assert(!texts(document, "#runs thead th").includes("reward"));
    // Latencies of several devices are shares of targets.
    const mixed = first.devices?.length === 2;
    assertEquals(texts(document, "#fronts figcaption")[0].includes(`do not compare: ${words}.`), mixed);
  }
});

Deno.test("rewards of the same numbers have a common scale, however those were asked for", () => {
  const hard = { form: "hard", combine: "worst", isAccuracyAlone: false } as const;
  const absolute = { ...hard, form: "absolute" } as const;
  const weighted = (here: number, phone: number, combine: "mean" | "weighted" = "weighted") => ({
    devices: [fixtureDevice({ weight: here }), fixtureDevice({ name: "phone", weight: phone })],
    reward: { ...hard, combine },
  });
  const cases: [Partial<ReportData>, Partial<ReportData>][] = [
    [{ reward: hard }, { reward: { ...hard, exponents: [0, -1] } }],
    [{ reward: { ...hard, form: "soft" } }, { reward: { ...hard, exponents: [-0.07, -0.07] } }],
    [{ reward: absolute }, { reward: { ...absolute, absoluteWeight: -0.07 } }],
    [weighted(1, 2), weighted(0.1, 0.2)],
    [weighted(1, 2, "mean"), weighted(3, 3)],
  ];
  for (const [first, second] of cases) {
    assertEquals(texts(open([{ ...one, ...first }, { ...two, ...second }]), ".warning"), []);
  }
});

Deno.test("targets that the reference network gave agree where it was about as fast, and are told", () => {
  const measured = (report: ReportData, targetMs: number, more: Partial<ReportData> = {}): ReportData => ({
    ...report,
    devices: [fixtureDevice({ targetGiven: false, targetMs })],
    ...more,
  });
  const document = open([measured(one, 2), measured(two, 2.06)]);
  assertEquals(texts(document, ".warning"), []);
  assertStringIncludes(texts(document, "#best-reward figcaption")[0], "took in it: 2.00, 2.06 ms.");
  // Targets that no reward counts are none that could differ.
  const reward = { form: "hard", exponents: [0, 0], combine: "worst", isAccuracyAlone: true } as const;
  const alone = open([measured(one, 2, { reward }), measured(two, 9, { reward: { ...reward, form: "soft" } })]);
  assertEquals(texts(alone, ".warning"), []);
  assertStringIncludes(texts(alone, ".state")[0], "reference 2.00 ms on this machine");
  assert(!texts(alone, "#best-reward figcaption")[0].includes("2.00 ms"));
});

Deno.test("a hypervolume of nothing is 0.0 %, and only a run without students has none", () => {
  const reports = [
    fixtureReport({ run: "wrong", trials: [fixtureTrial({ number: 1, accuracy: 0 })] }),
    fixtureReport({ run: "none" }),
  ];
  const document = open(reports);
  const column = texts(document, "#runs thead th").indexOf("hypervolume") - 1;
  const cells = [...document.querySelectorAll("#runs tbody tr")].map((row) => texts(row, "td")[column]);
  assertEquals(cells, ["0.0 %", "–"]);
});

Deno.test("runs without a trial are compared in sentences", () => {
  const document = open([fixtureReport({ run: "a", state: "running" }), fixtureReport({ run: "b", devices: [] })]);
  assertEquals(document.querySelectorAll("figure svg").length, 0);
  assertEquals(document.querySelectorAll("figure .nothing").length, document.querySelectorAll("figure").length);
});

Deno.test("a run with one trial stands beside a whole one", () => {
  const markup = renderComparison([one, fixtureReport({ run: "b", trials: fixtureTrials(1, 3) })]);
  assert(!markup.includes("NaN") && !markup.includes("Infinity"));
});

Deno.test("one run alone is no comparison", () => {
  assertThrows(() => renderComparison([one]), RangeError, "at least two runs, got 1");
});

Deno.test("latencies over several devices are called combined", () => {
  const trials = fixtureTrials(6, 1);
  const one = fixtureReport({ trials });
  const several = fixtureReport({
    run: "several",
    trials,
    devices: [fixtureDevice(), fixtureDevice({ name: "phone" })],
  });
  assert(!renderComparison([one, { ...one, run: "other" }]).includes("ms combined"));
  const page = renderComparison([one, several]);
  for (const words of ["fastest, ms combined", "latency, ms combined"]) assertStringIncludes(page, words);
});
