// The command as a person uses it, as a process of its own.
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { ExportResult } from "../../search/export/export_run.ts";
import { withRun } from "./export/made_up_run.ts";

const main = new URL("../../search/export_main.ts", import.meta.url).pathname;

function start(args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", main, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function finish(args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await start(args).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("export writes a folder and says what it wrote, as lines or as JSON", () =>
  withRun(async ({ dataDir }) => {
    const common = ["--run", "made-up", "--data-dir", dataDir];
    const { code, stdout, stderr } = await finish([...common, "--json"]);
    assertEquals(code, 0, stderr);
    const result: ExportResult = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    assertEquals([result.run, result.trial, result.formats.length], ["made-up", 1, 4]);
    assert(result.maxDifference !== null && result.maxDifference < 1e-4);
    assertMatch(stderr, /onnx: logits differ by at most .* on 26 images, by onnxruntime-node/);
    // The page holds its script whole.
    const page = await Deno.stat(`${result.out}/index.html`);
    assert(page.size > 1e6 && page.size < 4e6, `the page has ${page.size} bytes`);
    assertEquals(result.files.length, 11);
  }));

Deno.test("a wrong call ends with 2 and one line, data that is gone with 1", () =>
  withRun(async ({ dataDir }) => {
    const cases: [string[], RegExp][] = [
      [[], /^--run is missing; runs in /],
      [["--run", "nothing"], /^--run nothing is no run in /],
      [["--run", "made-up", "--trial", "2"], /^the weights of trial 2 were not kept/],
      [
        ["--run", "made-up", "--format", "keras"],
        /^--format is keras; allowed: /,
      ],
      [["--run", "made-up", "--trial", "0"], /^--trial is 0; allowed: /],
    ];
    for (const [args, message] of cases) {
      const { code, stdout, stderr } = await finish([...args, "--data-dir", dataDir]);
      assertEquals([code, stdout], [2, ""], stderr);
      assertMatch(stderr, message);
      assertEquals(stderr.trim().split("\n").length, 1, stderr);
    }
    await Deno.remove(`${dataDir}/images`, { recursive: true });
    const gone = await finish(["--run", "made-up", "--data-dir", dataDir]);
    assertEquals([gone.code, gone.stdout], [1, ""]);
    assertMatch(gone.stderr, /is neither a folder nor known/);
  }));

Deno.test("an interrupted export ends with 130 and leaves no files", () =>
  withRun(async ({ dataDir }) => {
    const child = start(["--run", "made-up", "--data-dir", dataDir]);
    const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("tfjs-graph:")) {
      const { value, done } = await reader.read();
      if (done) break;
      text += value;
    }
    child.kill("SIGINT");
    const { code } = await child.status;
    await Promise.all([reader.cancel(), child.stdout.cancel()]);
    assertEquals(code, 130, text);
    assertEquals(await Array.fromAsync(Deno.readDir(`${dataDir}/exports`)), []);
  }));
