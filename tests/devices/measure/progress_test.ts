import { assertEquals } from "@std/assert";
import type { MeasureProgress } from "../../../devices/measure/measure.ts";
import { showProgress } from "../../../devices/measure/progress.ts";
import { virtualTerminal } from "../terminal/virtual_terminal.ts";

const at = (device: string, load: number, activity: string): MeasureProgress => ({
  device,
  runtime: "tfjs-wasm",
  load,
  loads: 3,
  activity,
});

Deno.test("on a terminal each session has a line that renews itself until it is over", () => {
  const { screen, lines } = virtualTerminal();
  const { over, progress } = showProgress(screen);
  progress(at("here", 1, "warming up"));
  progress(at("phone", 1, "10 rounds"));
  progress(at("here", 2, "\x1b[2J20 rounds"));
  assertEquals(lines(), [
    "here (tfjs-wasm): page load 2 of 3, 20 rounds",
    "phone (tfjs-wasm): page load 1 of 3, 10 rounds",
  ]);
  over({ device: "here", runtime: "tfjs-wasm" });
  assertEquals(lines(), ["phone (tfjs-wasm): page load 1 of 3, 10 rounds"]);
});

Deno.test("elsewhere a line is said for each load, every 5 s, and for what waits for a person", () => {
  const { screen, lines } = virtualTerminal({ live: false, columns: 100 });
  let nowMs = 0;
  const { progress } = showProgress(screen, () => nowMs);
  for (const activity of ["warming up", "10 rounds"]) progress(at("here", 1, activity));
  nowMs = 1000;
  progress(at("here", 1, "waits: its page is not open"));
  nowMs = 2000;
  progress(at("here", 2, "20 rounds"));
  nowMs = 6999;
  progress(at("here", 2, "30 rounds"));
  nowMs = 7000;
  progress(at("here", 2, "40 rounds"));
  assertEquals(lines(), [
    "here (tfjs-wasm): page load 1 of 3, warming up",
    "here (tfjs-wasm): page load 1 of 3, waits: its page is not open",
    "here (tfjs-wasm): page load 2 of 3, 20 rounds",
    "here (tfjs-wasm): page load 2 of 3, 40 rounds",
  ]);
});
