import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { paretoFront } from "../../../search/pareto.ts";
import type { ReportData } from "../../../search/report/report_data.ts";
import { renderReport } from "../../../search/report/report.ts";
import {
  fixtureBaseline,
  fixtureDevice,
  fixtureReport,
  fixtureTeacher,
  fixtureTrial,
  fixtureTrials,
  fixtureWholeRun,
} from "./fixtures.ts";
import { countMarks, open, texts } from "./opened.ts";
import { madeUpMeasurement } from "../measurements.ts";

Deno.test("the figures hold one mark per trial they speak of", () => {
  const data = fixtureWholeRun();
  const document = open(data);
  const search = data.trials.filter(({ role }) => role === "search");
  const completed = search.filter(({ state }) => state === "completed");
  const front = paretoFront(
    completed.map(({ number, accuracy = 0, latencyMs = 0 }) => ({ number, accuracy, latencyMs })),
  );
  const count = (...what: [string, string, string]) => countMarks(document, ...what);

  assertEquals(completed.length, 21);
  assertEquals(count("accuracy-against-latency", "front", "circle"), front.length);
  assertEquals(count("accuracy-against-latency", "students", "circle"), completed.length - front.length);
  assertEquals(count("accuracy-against-latency", "baselines", "path"), 3);
  assertEquals(count("accuracy-against-latency", "front-line", "path"), 1);
  assertEquals(count("over-trials", "latencies", "circle"), 22);
  assertEquals(count("over-trials", "infeasible", "path"), 2);
  assertEquals(count("over-trials", "accuracies", "circle"), 21);
  assertEquals(count("over-trials", "running-median", "path"), 1);
  assertEquals(count("over-trials", "running-best", "path"), 1);
  assertEquals(count("latency-against-multiply-adds", "students", "circle"), 22);
  assertEquals(count("latency-against-multiply-adds", "infeasible", "path"), 2);
  assertEquals(count("latency-against-multiply-adds", "baselines", "path"), 3);
  assertEquals(count("latency-against-multiply-adds", "fit", "path"), 1);
});

Deno.test("the histogram's bars add up to the sampled students, infeasible ones included, baselines not", () => {
  const document = open(fixtureWholeRun());
  const titles = texts(document, "#latency-histogram .wide .bins title");
  assertEquals(titles.reduce((sum, title) => sum + Number(title.split(" ")[0]), 0), 24);
});

Deno.test("a figure is drawn alike for a wide and for a narrow page", () => {
  const document = open(fixtureWholeRun());
  for (const figure of document.querySelectorAll("figure[id]")) {
    const titles = (width: string) => texts(figure, `.${width} title`);
    assert(titles("wide").length > 0, figure.id);
    assertEquals(titles("narrow"), titles("wide"), figure.id);
  }
});

Deno.test("hovering a mark tells the trial and its values", () => {
  const trials = [fixtureTrial({ number: 1, accuracy: 0.7125, latencyMs: 1.234, multiplyAdds: 1_040_000 })];
  const document = open(fixtureReport({ trials }));
  assertEquals(texts(document, "#accuracy-against-latency .wide .front title"), [
    "trial 1: 71.3 %, 1.23 ms, on the front",
  ]);
});

Deno.test("the table holds front, baselines, finals and teacher, fastest first, with the best student marked", () => {
  const trials = [
    fixtureTrial({ number: 1, accuracy: 0.7, latencyMs: 1.5, reward: 0.7 }),
    fixtureTrial({ number: 2, accuracy: 0.6, latencyMs: 1.6, reward: 0.6 }),
    fixtureTrial({ number: 3, accuracy: 0.75, latencyMs: 2.5, reward: 0.6 }),
    fixtureBaseline(1, "reference x0.5", 1, 0.65),
  ];
  const final = [{
    trial: 1,
    role: "search" as const,
    accuracy: 0.8,
    testAccuracy: 0.79,
    steps: 10,
    trainSeconds: 1,
    weights: "w",
  }];
  const document = open(fixtureReport({ trials, final }));
  assertEquals(texts(document, "#students tbody th"), [
    "reference x0.5 baseline",
    "trial 1 best rewardfront",
    "trial 3 front",
    "reference x2.0 teacher",
  ]);
  assertEquals(texts(document, "#students tr.best td"), [
    "1.501.48–1.53",
    "70.0 %",
    "80.0 %",
    "79.0 %",
    "0.700",
    "16.6 k",
    "1.04 M",
  ]);
  assertEquals(texts(document, "h1"), [
    "Best student: 70.0 % validation accuracy in 1.50 ms (target: 2.00 ms on this machine). " +
    "Trained longer, it reaches 79.0 % on the test split.",
  ]);
});

Deno.test("a best student beyond the target is said to miss it", () => {
  const document = open(fixtureReport({ trials: [fixtureTrial({ number: 1, latencyMs: 2.5, reward: 0.5 })] }));
  assertStringIncludes(texts(document, "h1")[0], "misses the target of 2.00 ms");
});

Deno.test("where rewards are accuracies alone there is a reference, and no target to miss", () => {
  const trials = [1, 2].map((number) => fixtureTrial({ number, latencyMs: 1 + number, accuracy: 0.6 + number / 10 }));
  const reward = { form: "hard", exponents: [0, 0], combine: "worst", isAccuracyAlone: true } as const;
  const document = open(fixtureReport({ trials, reward }));
  assertStringIncludes(texts(document, "h1")[0], "in 3.00 ms (no target; reference: 2.00 ms on this machine)");
  assertStringIncludes(
    texts(document, "#latency-histogram figcaption")[0],
    "1 of 2 sampled students are as fast as the reference of 2.00 ms or faster; latency is no part of the reward.",
  );
  assert(texts(document, "dd").includes("2.00 ms, no target: rewards are accuracies alone"));
  for (const words of texts(document, "figure, dt")) assert(!words.includes("target"), words);
});

Deno.test("the best student stands beside all its teachers, each with its row and its line", () => {
  const said = (accuracy: number, ...teachers: ReportData["teachers"]) =>
    texts(open(fixtureReport({ trials: [fixtureTrial({ number: 1, accuracy })], teachers })), "header p")[1];
  const name = "residual teacher";
  const [weak, strong] = [0.886, 0.92].map((accuracy) => fixtureTeacher({ name, accuracy, hash: `${accuracy}` }));
  const size = "It is trial 1. It has 16.6 k parameters";
  assertEquals(
    said(0.9, weak, strong),
    `${size} against 411 k each and scores 2.0 points below the best of its 2 teachers, residual teacher 2 (92.0 %). ` +
      "It learned from residual teacher 1 (88.6 %) too.",
  );
  assertStringIncludes(said(0.92, strong), "and is as accurate as its teacher, residual teacher (92.0 %).");
  assertStringIncludes(said(0.9199, strong), "and scores less than 0.1 points below its teacher");
  assertEquals(
    said(0.9, fixtureTeacher({ name: "logits.npy", accuracy: null, parameters: null })),
    `${size} and learned from logits.npy (not scored).`,
  );
  const document = open(fixtureReport({ trials: fixtureTrials(4, 1), teachers: [weak, strong] }));
  assertEquals(texts(document, "#students tr.teacher th"), [
    "residual teacher 1 teacher",
    "residual teacher 2 teacher",
  ]);
  assert(texts(document, "#accuracy-against-latency ul.legend li").includes("teachers 88.6 %, 92.0 %"));
});

Deno.test("the caption counts the baselines that some student matches on both axes", () => {
  const trials = [
    fixtureTrial({ number: 1, accuracy: 0.7, latencyMs: 1.5 }),
    fixtureBaseline(1, "beaten", 1.6, 0.69),
    fixtureBaseline(2, "not beaten", 1.4, 0.6),
  ];
  const document = open(fixtureReport({ trials }));
  assertStringIncludes(texts(document, "#accuracy-against-latency figcaption")[0], "For 1 of 2 baselines");
});

Deno.test("a repeated network is drawn, but stands only once on the front", () => {
  const first = fixtureTrial({ number: 1 });
  const document = open(fixtureReport({ trials: [first, { ...first, number: 2, duplicateOf: 1 }] }));
  assertEquals(countMarks(document, "accuracy-against-latency", "front", "circle"), 1);
  assertEquals(countMarks(document, "accuracy-against-latency", "students", "circle"), 1);
  assertStringIncludes(texts(document, ".state")[0], "1 a repeated network");
});

Deno.test("without a trial the report says so in place of empty axes", () => {
  const document = open(fixtureReport({ state: "running", plannedTrials: 4 }));
  assertEquals(document.querySelectorAll("svg").length, 0);
  assertEquals(document.querySelectorAll("figure .nothing").length, document.querySelectorAll("figure").length);
  assertMatch(texts(document, "h1")[0], /^No student has been completed yet/);
  assertMatch(texts(document, ".state")[0], /^Still running: 0 of 4 trials/);
});

Deno.test("without a device yet the report is a whole page", () => {
  const document = open(fixtureReport({ devices: [], state: "interrupted", plannedTrials: 4 }));
  assertEquals(texts(document, "h1"), ["No student has been completed yet."]);
  assertEquals(document.querySelectorAll("svg").length, 0);
});

Deno.test("one trial has its point, and sentences where one point is no figure", () => {
  const document = open(fixtureReport({ trials: fixtureTrials(1, 3), teachers: [] }));
  assertEquals(countMarks(document, "accuracy-against-latency", "front", "circle"), 1);
  assertMatch(texts(document, "#over-trials .nothing")[0], /needs at least two/);
  assertMatch(texts(document, "#latency-against-multiply-adds .nothing")[0], /needs at least two/);
});

Deno.test("a run whose trials all failed lists the reasons", () => {
  const failed = [1, 2].map((number) =>
    fixtureTrial({
      number,
      state: "failed",
      reason: "device gone",
      accuracy: undefined,
      reward: undefined,
      measurements: [],
    })
  ).map(({ latencyMs: _latencyMs, ...trial }) => trial);
  const document = open(fixtureReport({ trials: failed }));
  assertEquals(document.querySelectorAll("svg").length, 0);
  assertEquals(texts(document, "#failures tbody td.reason"), ["device gone", "device gone"]);
});

Deno.test("equal latencies and accuracies give finite coordinates and no invented correlation", () => {
  const markup = renderReport(fixtureReport({ trials: [1, 2, 3, 4].map((number) => fixtureTrial({ number })) }));
  assert(!markup.includes("NaN") && !markup.includes("Infinity"));
  assertStringIncludes(markup, "Too few or too equal networks for a correlation.");
});

Deno.test("baselines that break a limit of the run are marked, and students are not compared with them", () => {
  const trials = [
    fixtureTrial({ number: 1, latencyMs: 1, accuracy: 0.7 }),
    { ...fixtureBaseline(1, "reference x0.5", 1.5, 0.6), parameters: 60_000 },
    { ...fixtureBaseline(2, "reference x1", 3, 0.8), parameters: 84_800 },
  ];
  const caption = (limits: ReportData["limits"]) => {
    const document = open(fixtureReport({ trials, limits }));
    assertEquals(
      texts(document, "#students th small"),
      limits.parameters === undefined ? [] : [
        "breaks the limit: 84800 parameters, more than 70000",
      ],
    );
    return texts(document, "#accuracy-against-latency figcaption, #accuracy-against-latency .note").join(" ");
  };
  assertStringIncludes(caption({}), "For 1 of 2 baselines some student is at least as fast and as accurate.");
  assertStringIncludes(
    caption({ parameters: 70_000 }),
    "1 of 2 baselines breaks a limit of the run. For 1 of 1 other baselines some student is at least as fast",
  );
});

Deno.test("limits are lines, and students that were not trained have signs of their own", () => {
  const foreseen = { what: "accuracy" as const, value: 0.66, low: 0.6, high: 0.7, accuracy: 0.66 };
  const untrained = { accuracy: undefined, reason: "made up" };
  const trials = [
    ...fixtureTrials(6, 2),
    { ...fixtureTrial({ number: 7, state: "infeasible" }), ...untrained },
    { ...fixtureTrial({ number: 8, state: "skipped", foreseen }), ...untrained },
  ];
  const document = open(fixtureReport({ trials, limits: { latencyMs: 2.5 } }));
  const count = (kind: string, mark: string) => countMarks(document, "accuracy-against-latency", kind, mark);
  assertEquals([count("infeasible", "path"), count("skipped", "path")], [1, 1]);
  assert(document.querySelector("#accuracy-against-latency .wide .limit, #accuracy-against-latency .wide line.limit"));
  assertEquals(countMarks(document, "over-trials", "skipped", "path"), 1);
  assertStringIncludes(texts(document, ".state")[0], "6 completed; 1 infeasible; 1 skipped");
  assertEquals(texts(document, "#failures tbody td.words").filter((text) => text === "skipped").length, 1);
});

Deno.test("limits on latency and multiply-adds are lines, and too slow students crosses, wherever these are axes", () => {
  const infeasible = { state: "infeasible", accuracy: undefined, reason: "too slow" } as const;
  const trials = [
    fixtureTrial({ number: 1, latencyMs: 1, multiplyAdds: 1_000_000 }),
    fixtureTrial({ number: 2, latencyMs: 2, multiplyAdds: 2_500_000 }),
    { ...fixtureTrial({ number: 3, latencyMs: 3, multiplyAdds: 3_000_000 }), ...infeasible },
    { ...fixtureTrial({ number: 4, latencyMs: 3, multiplyAdds: 3_000_000 }), ...infeasible, duplicateOf: 3 },
  ];
  const limits = { latencyMs: 2.5, multiplyAdds: 4_000_000 };
  const document = open(fixtureReport({ trials, limits }));
  const lines = (figure: string) => document.querySelectorAll(`#${figure} .wide .limit line`).length;
  assertEquals(lines("latency-histogram"), 1);
  assertEquals(lines("latency-against-multiply-adds"), 2);
  assert(texts(document, "#latency-histogram ul.legend li").includes("limit 2.50 ms"));
  assertStringIncludes(texts(document, "#latency-histogram figcaption")[0], "2 are over the limit of 2.50 ms.");
  assertEquals(texts(document, "#latency-against-multiply-adds ul.legend li"), [
    "student",
    "infeasible, not trained",
    "least-squares line",
    "limit 2.50 ms",
    "limit 4.00 M multiply-adds",
  ]);
  assertEquals(texts(document, "#latency-against-multiply-adds .wide .infeasible title"), [
    "trial 3: 3.00 M multiply-adds, 3.00 ms, infeasible",
  ]);
  const unlimited = open(fixtureReport({ trials }));
  assertEquals(unlimited.querySelectorAll(".limit").length, 0);
});

Deno.test("a repeated network is no further one where latency is set against multiply-adds", () => {
  const trials = fixtureTrials(4, 3);
  const repeated = trials.map((trial) => ({ ...trial, number: trial.number + 4, duplicateOf: trial.number }));
  const document = open(fixtureReport({ trials: [...trials, ...repeated] }));
  assertStringIncludes(texts(document, "#latency-against-multiply-adds figcaption")[0], "over 4 networks");
  assertEquals(countMarks(document, "latency-against-multiply-adds", "students", "circle"), 4);
});

Deno.test("every figure has its numbers beside it, or says in which tables they stand", () => {
  const document = open(fixtureWholeRun());
  const links = (figure: string) =>
    [...document.querySelectorAll(`#${figure} .where a`)].map((link) => link.getAttribute("href"));
  for (const { id } of document.querySelectorAll("figure[id]")) {
    const hrefs = links(id);
    assert(document.querySelector(`#${id} details table`) || hrefs.length > 0, id);
    for (const href of hrefs) assert(document.querySelector(`table${href} tbody tr`), `${id}: ${href}`);
  }
  assertEquals(links("accuracy-against-latency"), ["#all-trials", "#students"]);
  assertEquals(links("over-trials"), ["#all-trials"]);
  assertEquals(links("latency-against-multiply-adds"), ["#all-trials", "#students"]);
  const [trial] = texts(document, "#all-trials tbody tr");
  const [mark] = texts(document, "#latency-against-multiply-adds .wide .students title");
  const [, count = "", latency = ""] = mark.match(/: (.+) multiply-adds, (.+) ms$/) ?? [];
  assertStringIncludes(trial, `${latency}${count}`);
  // Baselines are trained before any student.
  const baseline = open(fixtureReport({ trials: [fixtureBaseline(1, "reference x0.5", 1, 0.6)] }));
  assertEquals(
    [...baseline.querySelectorAll(".where a")].map((link) => link.getAttribute("href")),
    ["#students"],
  );
});

Deno.test("every trial is listed with why it is the one to take, or not", () => {
  const trials = [
    fixtureTrial({ number: 1, accuracy: 0.7, latencyMs: 1, reward: 0.7 }),
    fixtureTrial({ number: 2, accuracy: 0.6, latencyMs: 2, reward: 0.6 }),
    fixtureTrial({ number: 3, state: "failed", reason: "NaN loss", accuracy: undefined, reward: undefined }),
  ];
  const document = open(fixtureReport({ trials }));
  const [best, beaten, failed] = texts(document, "#all-trials tbody td.reason");
  assertMatch(best, /^the best/);
  assertStringIncludes(beaten, "trial 1 is 50 % faster");
  assertEquals(failed, "NaN loss");
});

Deno.test("the best students are drawn, best first", () => {
  const trials = fixtureTrials(8, 4);
  const best = trials.toSorted((a, b) => (b.reward ?? 0) - (a.reward ?? 0)).slice(0, 3);
  const document = open(fixtureReport({ trials }));
  assertEquals(texts(document, "#top-students figure h3"), best.map(({ number }) => `trial ${number}`));
  assertEquals(document.querySelectorAll("#top-students .drawings svg").length, 3);
});

Deno.test("names and messages from outside stay text", () => {
  const attack = `"><img src=x onerror=alert(1)><script>alert(2)</script></style></title>'&`;
  const hostile = fixtureTrial({ number: 1, measurements: [madeUpMeasurement(attack, 1.5, { flags: [attack] })] });
  const failed = fixtureTrial({ number: 2, state: "failed", reason: attack });
  const data = fixtureReport({
    run: attack,
    machine: attack,
    dataset: attack,
    configuration: [[attack, attack]],
    teachers: [fixtureTeacher({ name: attack, parameters: null, multiplyAdds: null })],
    devices: [
      fixtureDevice({ name: attack, description: attack, runtime: attack, left: { afterTrials: 1, reason: attack } }),
      fixtureDevice({ name: `${attack}2`, description: attack, targetMs: 3 }),
    ],
    trials: [hostile, failed, fixtureBaseline(1, attack, 1, 0.6)],
  });
  const document = open(data);
  assertEquals(document.querySelectorAll("script, img").length, 0);
  for (const element of document.querySelectorAll("*")) {
    for (const { name } of element.attributes) assert(!name.startsWith("on"), `<${element.tagName} ${name}>`);
  }
  assertStringIncludes(document.querySelector("title")?.textContent ?? "", attack);
  assert(!renderReport(data).includes("<script"), "no script at all");
});

Deno.test("the report refers to nothing outside itself", () => {
  const markup = renderReport(fixtureWholeRun());
  assertEquals(markup.match(/(?:src|href)\s*=(?!"#)|@import|url\(/g), null);
});

Deno.test("a longer training that broke down is told beside the students", () => {
  const line = "Longer training of trial 2 failed: the loss is NaN at step 3 of 9";
  const document = open(fixtureReport({ trials: fixtureTrials(4, 1), failedFinals: [line] }));
  assert(texts(document, "section p.note").includes(line));
});
