// What a report says of the devices of its run, one or several.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderReport } from "../../../search/report/report.ts";
import { fixtureDevice, fixtureReport, fixtureTrial } from "./fixtures.ts";
import { open, texts } from "./opened.ts";
import { madeUpMeasurement } from "../measurements.ts";

Deno.test("how it was measured is told per device: protocol, profiles, drift, flags with their meaning", () => {
  const trials = [
    fixtureTrial({ number: 1, measurements: [madeUpMeasurement("here", 1, { profile: "standard", drift: -0.02 })] }),
    fixtureTrial({ number: 2, measurements: [madeUpMeasurement("here", 1.2, { flags: ["unsteady"] })] }),
  ];
  // A repeated network shares its measurement, which counts once.
  const document = open(fixtureReport({ trials: [...trials, { ...trials[1], number: 3, duplicateOf: 2 }] }));
  const terms = texts(document, "section:nth-last-of-type(2) dt");
  const facts = Object.fromEntries(
    texts(document, "section:nth-last-of-type(2) dd").map((text, i) => [terms[i], text]),
  );
  assertEquals(facts["runtime"], "tfjs-wasm");
  assertEquals(facts["backend"], "wasm, 1 thread");
  assertEquals(facts["protocol"], "nacre/1");
  assertEquals(facts["profile"], "standard (1), fast (1)");
  assertEquals(facts["measurements"], "2, all valid");
  assertEquals(facts["half width of 95 % interval"], "at most 1.8 %");
  assertEquals(facts["reference networks"], "0.250 and 2.00 ms");
  assertEquals(facts["drift, corrected"], "−2.0 % to +1.0 %");
  assertEquals(facts["flags"], "unsteady: the times had not settled when the warm-up had to end (1)");
});

Deno.test("a device that left the run is said to have, and is no target of the headline", () => {
  const trial = fixtureTrial({
    number: 1,
    latencyMs: 1.5,
    measurements: [madeUpMeasurement("here", 1.5), madeUpMeasurement("phone", 9)],
  });
  const left = { afterTrials: 12, reason: "its page was closed" };
  const document = open(fixtureReport({
    trials: [trial],
    devices: [fixtureDevice(), fixtureDevice({ name: "phone", left })],
  }));
  assertStringIncludes(texts(document, "h1")[0], "in 1.50 ms on this machine (target: 2.00 ms on this machine)");
  assert(texts(document, "h2").includes("Figures for phone, which left the run after 12 trials"));
  assert(texts(document, "dd").includes("after 12 trials: its page was closed"));
});

Deno.test("with several devices each has its own figures, front and latency column", () => {
  const trials = [1, 2].map((number) =>
    fixtureTrial({
      number,
      accuracy: 0.7,
      measurements: [madeUpMeasurement("laptop", number), madeUpMeasurement("phone", 3 - number)],
    })
  );
  const devices = ["laptop", "phone"].map((name) => fixtureDevice({ name, description: name }));
  const document = open(fixtureReport({ trials, devices }));
  const front = (figure: string) =>
    texts(document, `#${figure} .wide .front title`).map((title) => title.split(":")[0]);
  assertEquals(front("accuracy-against-latency"), ["trial 1"]);
  assertEquals(front("accuracy-against-latency-2"), ["trial 2"]);
  assertEquals(texts(document, "#students thead th").slice(0, 3), [
    "network",
    "latency on laptop, ms",
    "latency on phone, ms",
  ]);
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length);
});

Deno.test("with several devices each device's latency is told, and a mixture of them called combined", () => {
  const timed = (number: number, ...latenciesMs: number[]) =>
    fixtureTrial({
      number,
      latencyMs: 0.592,
      accuracy: 0.6 + number / 100,
      measurements: latenciesMs.map((ms, i) => madeUpMeasurement(["here", "phone"][i], ms)),
    });
  const failed = { ...timed(5, 0.3, 0.4), state: "infeasible", reason: "too slow", reward: 0 } as const;
  const data = fixtureReport({
    trials: [...[1, 2, 3, 4].map((number) => timed(number, 0.475, 0.387)), { ...failed, accuracy: undefined }],
    devices: [fixtureDevice(), fixtureDevice({ name: "phone" })],
  });
  const document = open(data);
  const each = "0.475 ms on this machine and 0.387 ms on phone";
  assertStringIncludes(texts(document, "h1")[0], `in ${each}`);
  assertEquals(texts(document, "#top-students figure p")[0], `64.0 % in ${each}`);
  assertEquals(texts(document, "#all-trials thead th").slice(2, 4), [
    "latency on this machine, ms",
    "latency on phone, ms",
  ]);
  assertEquals(texts(document, "#all-trials tbody td").slice(1, 3), ["0.475", "0.387"]);
  assertEquals(texts(document, "#failures tbody td").slice(1, 3), ["0.300", "0.400"]);
  const limited = open({ ...data, limits: { latencyMs: 0.9 } });
  for (const figure of ["accuracy-against-latency", "over-trials"]) {
    assert(texts(limited, `#${figure} ul.legend li`).includes("limit 0.900 ms"), figure);
  }
  const caption = texts(document, "#front-over-time figcaption").join(" ");
  assertStringIncludes(caption, "slowest student, 0.592 ms combined");
  assertStringIncludes(caption, "Combined: over all devices as in the reward, in milliseconds of this machine.");
  assert(!renderReport(data).replaceAll("0.592 ms combined", "").includes("0.592 ms"));
  const left = { afterTrials: 2, reason: "closed" };
  const alone = open({ ...data, devices: [fixtureDevice(), fixtureDevice({ name: "phone", left })] });
  assertEquals(texts(alone, "#top-students figure p")[0], "64.0 % in 0.475 ms on this machine");
  assert(!texts(alone, "#front-over-time figcaption").join(" ").includes("ombined"));
});
