// The report as a browser puts it on paper, and on a narrow screen.
import { assert, assertEquals } from "@std/assert";
import { chromium, type Page } from "playwright-core";
import { chromiumArguments } from "../../../devices/browsers/chromium.ts";
import { chromiumPath } from "../../../devices/browsers/find_browser.ts";
import { renderComparison } from "../../../search/report/comparison/comparison.ts";
import { renderReport } from "../../../search/report/report.ts";
import { testWith } from "../../require.ts";
import { madeUpMeasurement } from "../measurements.ts";
import { fixtureDevice, fixtureWholeRun } from "./fixtures.ts";

/** A test on a page of Chromium, closed afterwards. */
function onPage(test: (page: Page) => Promise<void>): () => Promise<void> {
  return async () => {
    const browser = await chromium.launch({
      executablePath: chromiumPath(),
      headless: true,
      chromiumSandbox: Deno.uid() !== 0,
      args: chromiumArguments([]),
    });
    try {
      await test(await browser.newPage());
    } finally {
      await browser.close();
    }
  };
}

await testWith({
  name: "folded tables are open on paper, and folded on a screen",
  needs: "chromium",
  fn: onPage(async (page) => {
    await page.setContent(renderReport(fixtureWholeRun()));
    const shown = () =>
      page.$$eval(
        "details table",
        (tables) => tables.map((table) => table.checkVisibility() && table.getBoundingClientRect().height > 10),
      );
    const onScreen = await shown();
    assert(onScreen.length > 3);
    assertEquals(onScreen.filter(Boolean), []);
    await page.emulateMedia({ media: "print" });
    assert((await shown()).every(Boolean));
  }),
});

await testWith({
  name: "what says where a figure's numbers stand leads there, into a folded table too",
  needs: "chromium",
  fn: onPage(async (page) => {
    await page.setContent(renderReport(fixtureWholeRun()));
    const isShown = () =>
      page.$eval("#all-trials", (table) => table.checkVisibility() && table.getBoundingClientRect().top < innerHeight);
    assertEquals(await isShown(), false);
    await page.click('#over-trials a[href="#all-trials"]');
    assertEquals(await isShown(), true);
  }),
});

await testWith({
  name: "states of trials stay in one line on a phone",
  needs: "chromium",
  fn: onPage(async (page) => {
    await page.setContent(renderReport(fixtureWholeRun()));
    await page.setViewportSize({ width: 390, height: 800 });
    await page.$eval("details:has(#all-trials)", (details) => details.setAttribute("open", ""));
    const lines = await page.$$eval(
      "#all-trials td:nth-child(2), #failures td:nth-child(2)",
      (cells) =>
        cells.map((cell) => {
          const range = document.createRange();
          range.selectNodeContents(cell);
          return range.getClientRects().length;
        }),
    );
    assertEquals(new Set(lines), new Set([1]));
  }),
});

await testWith({
  name: "no table is wider than paper, nor that of compared runs than a wide screen",
  needs: "chromium",
  fn: onPage(async (page) => {
    const whole = fixtureWholeRun();
    const onTwo = {
      ...whole,
      devices: ["here", "phone"].map((name) => fixtureDevice({ name })),
      trials: whole.trials.map((trial) => ({
        ...trial,
        measurements: [...trial.measurements, madeUpMeasurement("phone", 12.5)],
      })),
    };
    const compared = [
      { ...whole, run: "growing-from-a-long-name", controller: "reinforce", seconds: 45_296 },
      { ...whole, run: "other" },
    ];
    const tooWide = (selector: string) =>
      page.$$eval(
        selector,
        (all) => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.ariaLabel ?? "page"),
      );
    for (const content of [renderReport(whole), renderReport(onTwo), renderComparison(compared)]) {
      await page.setContent(content);
      // A4 without margins of 10 mm.
      await page.setViewportSize({ width: 718, height: 1000 });
      await page.emulateMedia({ media: "print" });
      assertEquals(await tooWide("html, .scroll"), []);
    }
    await page.setViewportSize({ width: 1200, height: 900 });
    await page.emulateMedia({ media: "screen" });
    assertEquals(await tooWide(".scroll:has(#runs)"), []);
  }),
});

await testWith({
  name: "no name of a run or of a teacher's file is too long for a phone",
  needs: "chromium",
  fn: onPage(async (page) => {
    const whole = fixtureWholeRun();
    for (const length of [64, 250]) {
      const named = (letter: string) => ({
        ...whole,
        run: letter.repeat(length),
        teachers: whole.teachers.map((one) => ({ ...one, hash: letter, name: `${letter.repeat(length - 5)}.onnx` })),
      });
      for (const content of [renderReport(named("a")), renderComparison([named("a"), named("b")])]) {
        await page.setContent(content);
        for (const width of [280, 390]) {
          await page.setViewportSize({ width, height: 800 });
          assertEquals(await page.evaluate(() => document.documentElement.scrollWidth), width);
        }
      }
    }
  }),
});
