// The exported folder in real browsers: the page from the disk, the model from a server.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Buffer } from "node:buffer";
import { encode as encodePng } from "fast-png";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { launch as launchPuppeteer } from "puppeteer-core";
import { fileURLToPath } from "node:url";
import { chromiumArguments } from "../../../devices/browsers/chromium.ts";
import { chromiumPath, firefoxPath } from "../../../devices/browsers/find_browser.ts";
import { exportRun } from "../../../search/export/export_run.ts";
import { softmax } from "../../../search/export/page/preprocess.ts";
import { bundlePageScript } from "../../../search/export/page_script.ts";
import { openStudentData } from "../../../search/export/student_data.ts";
import { RunStore } from "../../../search/store/run_store.ts";
import { BatchReader } from "../../../src/data/batch_reader.ts";
import { runDeployed } from "../../../src/export/run_deployed.ts";
import { type ExportFormatName, exportOptionsSchema } from "../../../src/schemas/export_options.ts";
import { testWith } from "../../require.ts";
import { useBackend } from "../../src/ops/run_op.ts";
import { hostileNames, type MadeUpRun, side, withRun } from "./made_up_run.ts";

let script: Promise<string> | undefined;
const bundleScript = () => script ??= bundlePageScript();

async function exported({ dataDir }: MadeUpRun, formats: ExportFormatName[] = ["safetensors"]) {
  const options = { ...exportOptionsSchema.parse({ run: "made-up", dataDir }), format: formats };
  return (await exportRun(options, { log: () => {}, bundleScript })).out;
}

/** Runs `body` with the page of `folder` in Chromium; fails where it reports an error or asks for another file. */
async function withPage(folder: string, body: (page: Page) => Promise<void>, options: BrowserContextOptions = {}) {
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    headless: true,
    chromiumSandbox: Deno.uid() !== 0,
    args: chromiumArguments(["tfjs-wasm"]),
  });
  try {
    const page = await (await browser.newContext(options)).newPage();
    const problems: string[] = [];
    page.on("pageerror", ({ message }) => problems.push(message));
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    const address = `file://${folder}/index.html`;
    page.on("request", (request) => {
      if (!/^(data|blob):/.test(request.url()) && request.url() !== address) problems.push(request.url());
    });
    await page.goto(address);
    await page.waitForFunction(() => document.documentElement.dataset.ready, undefined, { timeout: 30_000 });
    await body(page);
    assertEquals(problems, []);
  } finally {
    await browser.close();
  }
}

/** The rows of the answer, "name: percent", once they are those of the last picture. */
async function answer(page: Page): Promise<string[]> {
  return await page.$$eval(
    "#classes li",
    (rows) => rows.map((row) => [...row.querySelectorAll(".class, .value")].map((one) => one.textContent).join(": ")),
  );
}

/** What the page is to say of the first validation image of each class. */
async function expectedAnswers({ architecture, dataDir, finalWeights, paths }: MadeUpRun): Promise<string[][]> {
  using store = new RunStore(paths.database, { readOnly: true });
  const data = await openStudentData(store, dataDir, { log: () => {} });
  const { dataset: { classNames, train }, validation } = data;
  await useBackend("cpu");
  const model = runDeployed(architecture, finalWeights);
  try {
    const answers = [];
    for (let label = 0; label < classNames.length; label++) {
      const index = validation.find((one) => train.labels[one] === label) ?? -1;
      const { images } = new BatchReader(data, 1).read(train, Uint32Array.of(index));
      const rows = softmax(await model.logits(images, 1)).map((probability, index) => ({ probability, index }));
      rows.sort((a, b) => b.probability - a.probability);
      answers.push(
        rows.map(({ index, probability }) =>
          `${classNames[index]}${index === label ? " ✓" : ""}: ${(100 * probability).toFixed(1)} %`
        ),
      );
    }
    return answers;
  } finally {
    await model.dispose();
  }
}

async function clickSample(page: Page, index: number): Promise<string[]> {
  await page.evaluate(() => document.getElementById("time")!.textContent = "");
  await page.click(`#sample-${index}`);
  await page.waitForFunction(() => document.getElementById("time")!.textContent !== "");
  return await answer(page);
}

for (const channels of [1, 3] as const) {
  await testWith({
    name: `the page says of validation images what the network says, ${
      channels === 1 ? "grey" : "colour"
    }, from a disk`,
    needs: "chromium",
    fn: () =>
      withRun(async (run) => {
        const expected = await expectedAnswers(run);
        await withPage(await exported(run), async (page) => {
          assertMatch(await page.evaluate(() => document.documentElement.dataset.ready ?? ""), /^WebAssembly/);
          assertEquals(await answer(page), expected[0]);
          for (const label of hostileNames.keys()) assertEquals(await clickSample(page, label), expected[label]);
          assertMatch(await page.innerText("#time"), /ms per image in this browser \(median of \d+, WebAssembly/);
        });
      }, { channels }),
  });
}

await testWith({
  name: "the page takes files, drawings and pasted pictures, and says what is none",
  needs: "chromium",
  fn: () =>
    withRun(async (run) => {
      await withPage(await exported(run), async (page) => {
        const data = new Uint8Array(40 * 60 * 3).fill(255);
        const white = encodePng({ width: 60, height: 40, channels: 3, depth: 8, data });
        const seen = () =>
          page.$eval("#seen", (canvas) => {
            const { data } = (canvas as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, 12, 12);
            return data.filter((_, index) => index % 4 < 3).reduce((sum, byte) => sum + byte, 0) / (12 * 12 * 3);
          });
        const choose = async (name: string, bytes: Uint8Array) => {
          await page.evaluate(() => document.getElementById("time")!.textContent = "");
          await page.setInputFiles("#file", { name, mimeType: "image/png", buffer: Buffer.from(bytes) });
        };
        const answered = () => page.waitForFunction(() => document.getElementById("time")!.textContent !== "");

        await choose("white.png", white);
        await answered();
        assertEquals(await seen(), 255);
        assertEquals(await page.innerText("#truth"), "");
        await page.evaluate(() => document.getElementById("time")!.textContent = "");
        await page.check("#invert");
        await answered();
        assertEquals(await seen(), 0);

        for (const kind of ["paste", "drop"]) {
          await page.evaluate(([kind, base64]) => {
            document.getElementById("time")!.textContent = "";
            const carried = new DataTransfer();
            const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
            carried.items.add(new File([bytes], "white.png", { type: "image/png" }));
            document.body.dispatchEvent(
              kind === "paste"
                ? new ClipboardEvent("paste", { clipboardData: carried, bubbles: true })
                : new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }),
            );
          }, [kind, white.toBase64()]);
          await answered();
          assertEquals(await seen(), 0, kind);
        }

        await choose("broken.png", Uint8Array.of(1, 2, 3));
        await page.waitForFunction(() => document.getElementById("status")!.textContent !== "");
        assertStringIncludes(await page.innerText("#status"), "no picture");
        // It goes on, and the message goes.
        await clickSample(page, 1);
        assertEquals(await page.innerText("#status"), "");

        await page.evaluate(() => document.getElementById("time")!.textContent = "");
        await page.locator("#pad").scrollIntoViewIfNeeded();
        const box = await page.locator("#pad").boundingBox();
        assert(box);
        await page.mouse.move(box.x + 20, box.y + 20);
        await page.mouse.down();
        await page.mouse.move(box.x + 150, box.y + 150, { steps: 5 });
        await page.mouse.up();
        await answered();
        const drawn = await seen();
        assert(drawn > 5 && drawn < 120, `${drawn}`);
      });
    }),
});

await testWith({
  name: "the page fits a phone, bright and dark",
  needs: "chromium",
  fn: () =>
    withRun(async (run) => {
      const folder = await exported(run);
      const background = new Set<string>();
      for (const colorScheme of ["light", "dark"] as const) {
        await withPage(folder, async (page) => {
          for (const width of [360, 280]) {
            await page.setViewportSize({ width, height: 700 });
            assertEquals(await page.evaluate(() => document.documentElement.scrollWidth), width);
          }
          background.add(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
        }, { colorScheme });
      }
      assertEquals(background.size, 2);
    }),
});

await testWith({
  name: "the page runs in Firefox from a disk",
  needs: "firefox",
  fn: () =>
    withRun(async (run) => {
      const expected = await expectedAnswers(run);
      const folder = await exported(run);
      const browser = await launchPuppeteer({ browser: "firefox", executablePath: firefoxPath(), headless: true });
      try {
        const page = await browser.newPage();
        await page.goto(`file://${folder}/index.html`);
        await page.waitForFunction(() => document.documentElement.dataset.ready, { timeout: 60_000 });
        assertMatch(await page.evaluate(() => document.documentElement.dataset.ready ?? ""), /^WebAssembly/);
        const rows = await page.$$eval(
          "#classes li",
          (all) =>
            all.map((row) => [...row.querySelectorAll(".class, .value")].map((one) => one.textContent).join(": ")),
        );
        assertEquals(rows, expected[0]);
      } finally {
        await browser.close();
      }
    }),
});

await testWith({
  name: "a page of somebody's loads both kinds of TF.js model by its own loaders, and gets the network's logits",
  needs: "chromium",
  fn: () =>
    withRun(async (run) => {
      const folder = await exported(run, ["tfjs", "tfjs-graph"]);
      const library = new URL("../dist/tf.min.js", import.meta.resolve("@tensorflow/tfjs"));
      await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async ({ url }) => {
        const { pathname } = new URL(url);
        if (pathname === "/") {
          return new Response('<!doctype html><link rel="icon" href="data:,">', {
            headers: { "content-type": "text/html" },
          });
        }
        if (pathname === "/tf.js") return new Response(await Deno.readFile(fileURLToPath(library)));
        return new Response(await Deno.readFile(`${folder}${pathname}`));
      });
      const images = Float32Array.from({ length: 2 * side * side }, (_, index) => Math.sin(index));
      await useBackend("cpu");
      const model = runDeployed(run.architecture, run.finalWeights);
      const expected = await model.logits(images, 2);
      await model.dispose();
      const browser = await chromium.launch({
        executablePath: chromiumPath(),
        headless: true,
        chromiumSandbox: Deno.uid() !== 0,
        args: chromiumArguments(["tfjs-wasm"]),
      });
      try {
        const page = await browser.newPage();
        await page.goto(`http://127.0.0.1:${server.addr.port}/`);
        await page.addScriptTag({ url: "/tf.js" });
        const both = await page.evaluate(async ([values, side]) => {
          // deno-lint-ignore no-explicit-any
          const tf = (globalThis as any).tf;
          await tf.setBackend("cpu");
          const models = [
            await tf.loadLayersModel("tfjs/model.json"),
            await tf.loadGraphModel("tfjs-graph/model.json"),
          ];
          const images = tf.tensor(values, [2, side, side, 1]);
          return models.map((model) => Array.from(model.predict(images).dataSync() as Float32Array));
        }, [Array.from(images), side] as const);
        for (const logits of both) {
          assertEquals(logits.length, expected.length);
          for (const [index, value] of expected.entries()) {
            assert(Math.abs(logits[index] - value) < 1e-5, `${logits[index]}, expected ${value}`);
          }
        }
      } finally {
        await browser.close();
      }
    }),
});
