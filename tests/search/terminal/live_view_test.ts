import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { formatMilliseconds, formatPercent } from "../../../src/cli/format.ts";
import { bestTrials, completedTrials } from "../../../search/completed_trials.ts";
import { paretoFront } from "../../../search/pareto.ts";
import type { ShownEvent } from "../../../search/events.ts";
import { createProgress } from "../../../search/terminal/live_view.ts";
import { initialState, nextState } from "../../../search/terminal/run_state.ts";
import { renderFrame } from "../../../search/terminal/frame.ts";
import { displayWidth } from "../../../src/cli/text_width.ts";
import { madeUpMeasurement } from "../measurements.ts";
import { fixtureBaseline, fixtureTrial, fixtureTrials } from "../report/fixtures.ts";

/** A view with a clock and a window of its own; `written` is what reached the terminal since the last look. */
function openView(stream: "tty" | "plain", isAccuracyAlone?: boolean) {
  let text = "";
  const window = { columns: 80, rows: 24, nowMs: 0 };
  const progress = createProgress({
    stream,
    write: (more) => void (text += more),
    columns: () => window.columns,
    rows: () => window.rows,
    now: () => window.nowMs,
    isAccuracyAlone,
  });
  return {
    progress,
    window,
    written() {
      const since = text;
      text = "";
      return since;
    },
  };
}

const START: ShownEvent = { type: "start", run: "quick", trials: 24, stored: [] };
const SEARCH: ShownEvent = { type: "phase", phase: "search", message: "24 trials" };
const WHOLE_RUN: ShownEvent[] = [
  START,
  { type: "targets", targets: [{ device: "here", targetMs: 2, weight: 1 }] },
  { type: "trial", trial: fixtureBaseline(1, "reference x1.0 日本語", 2, 0.7) },
  SEARCH,
  { type: "trainer", trainer: 1, activity: "trial 2, step 50/400" },
  ...fixtureTrials(12, 7).map((trial): ShownEvent => ({ type: "trial", trial })),
];

function stateAfter(events: readonly ShownEvent[]) {
  return events.reduce((state, event, i) => nextState(state, event, i * 1000), initialState(0));
}

Deno.test("a picture fits every window, down to one that holds next to nothing", () => {
  for (const columns of [200, 80, 40, 12, 1]) {
    for (const rows of [50, 24, 10, 4, 1]) {
      const lines = renderFrame(stateAfter(WHOLE_RUN), { columns, rows, nowMs: 20_000 });
      assert(lines.length >= 1 && lines.length <= Math.max(1, rows - 1), `${columns}x${rows}: ${lines.length} lines`);
      for (const line of lines) assert(displayWidth(line) <= Math.max(1, columns - 1), `${columns}x${rows}: ${line}`);
    }
  }
});

Deno.test("a picture at 80x24 shows progress, time left, best, last, trainers, front and scatter", () => {
  const text = renderFrame(stateAfter(WHOLE_RUN), { columns: 80, rows: 24, nowMs: 17_000 }).join("\n");
  // Twelve trials in the 14 seconds since the search began, and twelve to go.
  assertMatch(text, /^search +█+░+ 12\/24 trials, about 15 s left$/m);
  const made = WHOLE_RUN.flatMap((event) => (event.type === "trial" ? [event.trial] : []))
    .filter(({ role }) => role === "search");
  const [best] = bestTrials(made, 1);
  const figures = `${formatPercent(best.accuracy)}, ${formatMilliseconds(best.latencyMs)} ms`;
  assertMatch(
    text,
    new RegExp(`^best +${figures}, reward ${best.reward.toFixed(3)} \\(trial ${best.number}; target 2.00 ms\\)$`, "m"),
  );
  assertMatch(text, /^last +trial 12\/24: /m);
  assertMatch(text, /^trainer 2 trial 2, step 50\/400$/m);
  const { accuracy, latencyMs, number } = paretoFront(completedTrials(made)).at(-1) ?? best;
  const slowest = `${formatPercent(accuracy)} +${formatMilliseconds(latencyMs)} ms +trial ${number}`;
  assertMatch(text, new RegExp(`^front +${slowest}$`, "m"));
  assertStringIncludes(text, "● front  · other  x baseline  │ target");
});

Deno.test("a short window keeps the progress and drops the pictures first", () => {
  const lines = renderFrame(stateAfter(WHOLE_RUN), { columns: 80, rows: 3, nowMs: 17_000 });
  assertEquals(lines.map((line) => line.split(" ")[0]), ["Nacre", "search"]);
});

Deno.test("the terminal view hides the cursor once and gives it back once", () => {
  const { progress, written } = openView("tty");
  for (const event of WHOLE_RUN) progress.handle(event);
  progress.handle({ type: "done", outcome: "complete", seconds: 20, message: "report.html" });
  progress.close();
  progress.tick();
  const text = written();
  assertEquals(text.split("\x1b[?25l").length, 2);
  assert(text.endsWith("complete after 20 s: report.html\n\x1b[?25h"), JSON.stringify(text.slice(-80)));
});

Deno.test("an unchanged picture is not written again, and the clock alone rewrites one line", () => {
  const { progress, window, written } = openView("tty");
  for (const event of WHOLE_RUN) progress.handle(event);
  progress.tick();
  written();
  progress.tick();
  assertEquals(written(), "");
  window.nowMs += 1000;
  progress.tick();
  const rewritten = written();
  assertStringIncludes(rewritten, "Nacre quick");
  assert(!rewritten.includes("front"), rewritten);
});

Deno.test("a burst of events makes one picture", () => {
  const { progress, window, written } = openView("tty");
  progress.handle(START);
  written();
  for (let step = 0; step < 100; step++) {
    progress.handle({ type: "trainer", trainer: 0, activity: `step ${step}` });
  }
  assertEquals(written(), "");
  window.nowMs += 100;
  progress.handle({ type: "trainer", trainer: 0, activity: "step 100" });
  assertStringIncludes(written(), "step 100");
});

Deno.test("a request stays on the screen unbroken, and the picture is away until the run goes on", () => {
  const { progress, window, written } = openView("tty");
  progress.handle(START);
  const url = `http://127.0.0.1:1234/#${"x".repeat(150)}`;
  progress.handle({ type: "waiting", message: `Open\n${url}` });
  progress.handle({ type: "waiting", message: `Open\n${url}` });
  const text = written();
  assertEquals(text.split(`\n${url}\n`).length, 2);
  window.nowMs += 5000;
  progress.tick();
  progress.handle({ type: "note", message: "a browser asks" });
  assertEquals(written(), "a browser asks\n");
  progress.handle(SEARCH);
  assertStringIncludes(written(), "24 trials");
});

Deno.test("after the window became narrower the old picture is erased by the lines that it now takes", () => {
  const { progress, window, written } = openView("tty");
  progress.handle(START);
  progress.tick();
  written();
  window.columns = 40;
  progress.tick();
  // An empty line, a title of 79 columns and the word "starting" take four lines of 40.
  assertEquals(written().split("\x1b[1A\x1b[2K").length - 1, 4);
});

Deno.test("a device is shown with what it does, and one that waits with a line that stays", () => {
  const { progress, window, written } = openView("tty");
  const tell = (activity: string, waits = false) => {
    window.nowMs += 1000;
    progress.handle({ type: "device", device: "phone", activity, waits });
    return written();
  };
  progress.handle(START);
  written();
  const measuring = tell("310 rounds");
  assertStringIncludes(measuring, "phone     310 rounds");
  const waiting = tell("waits: its page is hidden (for up to 10 min)", true);
  assertStringIncludes(waiting, 'Device "phone" waits: its page is hidden (for up to 10 min).\n');
  assertStringIncludes(waiting, "phone     waits: its page is hidden");
  assert(!tell("waits: its page is not open", true).includes("Device"));
  assertStringIncludes(tell("warming up"), 'Device "phone" waits no longer.\n');
  assert(!tell("").includes("phone"));
});

Deno.test("where rewards are accuracies alone there is a reference and no target", () => {
  const { progress, written } = openView("plain", true);
  progress.handle({ type: "targets", targets: [{ device: "here", targetMs: 2, weight: 1 }] });
  assertEquals(written(), "reference: 2.00 ms on here\n");
  const live = openView("tty", true);
  for (const event of WHOLE_RUN) {
    live.window.nowMs += 1000;
    live.progress.handle(event);
  }
  const picture = live.written();
  assertStringIncludes(picture, "; reference 2.00 ms)");
  assertStringIncludes(picture, "│ reference");
  assert(!picture.includes("target"));
  live.progress.close();
});

Deno.test("plain mode has a line for each event that matters and no escape code", () => {
  const { progress, written } = openView("plain");
  const events: ShownEvent[] = [
    START,
    { type: "targets", targets: [{ device: "here", targetMs: 2, weight: 1 }] },
    SEARCH,
    { type: "trainer", trainer: 0, activity: "trial 1" },
    { type: "trial", trial: fixtureTrial({ number: 1 }) },
    { type: "trial", trial: fixtureTrial({ number: 2, duplicateOf: 1 }) },
    { type: "trial", trial: { ...fixtureTrial({ number: 3 }), state: "failed", reason: "\x1b[31mdevice gone" } },
    { type: "waiting", message: "open the page" },
    { type: "waiting", message: "open the page" },
    { type: "device", device: "phone", activity: "warming up", waits: false },
    { type: "device", device: "phone", activity: "waits: its page is hidden", waits: true },
    { type: "device", device: "phone", activity: "waits: its page is not open", waits: true },
    { type: "device", device: "phone", activity: "warming up", waits: false },
    { type: "device", device: "phone", activity: "waits: its page is not open", waits: true },
    { type: "device", device: "phone", activity: "", waits: false },
    { type: "note", message: "a note" },
    { type: "done", outcome: "interrupted", seconds: 61, message: "the same command continues" },
  ];
  for (const event of events) progress.handle(event);
  progress.tick();
  progress.close();
  assertEquals(written().split("\n"), [
    "run quick: 24 trials",
    "target: 2.00 ms on here",
    "search: 24 trials",
    "trial 1/24: 70.0 %, 1.50 ms, reward 0.700 (best: trial 1, 70.0 %, reward 0.700)",
    "trial 2/24: 70.0 %, 1.50 ms, reward 0.700 (the same network as trial 1) (best: trial 1, 70.0 %, reward 0.700)",
    "trial 3/24: failed: 70.0 %, 1.50 ms, reward 0.700: device gone (best: trial 1, 70.0 %, reward 0.700)",
    "open the page",
    'Device "phone" waits: its page is hidden.',
    'Device "phone" waits no longer.',
    'Device "phone" waits: its page is not open.',
    "a note",
    "interrupted after 1 min 1 s: the same command continues",
    "",
  ]);
});

Deno.test("with several devices a trial is told with the latency on each", () => {
  const { progress, written } = openView("plain");
  progress.handle(START);
  written();
  const measurements = [madeUpMeasurement("here", 1.5), madeUpMeasurement("phone", 9)];
  progress.handle({ type: "trial", trial: fixtureTrial({ number: 1, latencyMs: 1.2, measurements }) });
  assertStringIncludes(written(), "trial 1/24: 70.0 %, 1.50 ms on here, 9.00 ms on phone, reward 0.700");
});

Deno.test("plain mode writes at most one progress line in 5 s and 10 %, and the last one", () => {
  const { progress, window, written } = openView("plain");
  progress.handle({ type: "phase", phase: "teacher", message: "training" });
  for (let done = 0; done <= 1000; done++) {
    window.nowMs = done * 100;
    progress.handle({ type: "progress", phase: "teacher", done, total: 1000, unit: "steps" });
  }
  progress.handle({ type: "progress", phase: "teacher", done: 1000, total: 1000, unit: "steps" });
  const lines = written().trim().split("\n").slice(1);
  assertEquals(lines.length, 10);
  assertEquals(lines[0], "teacher: 100/1000 steps, about 2 min left");
  assertEquals(lines[9], "teacher: 1000/1000 steps");
});

Deno.test("a phase of few, slow units is not silent for long", () => {
  const { progress, window, written } = openView("plain");
  progress.handle({ type: "phase", phase: "final", message: "training" });
  for (let done = 1; done <= 3; done++) {
    window.nowMs = done * 60_000;
    progress.handle({ type: "progress", phase: "final", done, total: 3, unit: "students" });
  }
  assertEquals(written().trim().split("\n").slice(1).length, 3);
});
