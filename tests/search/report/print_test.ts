// The report as a browser puts it on paper.
import { assert, assertEquals } from "@std/assert";
import { chromium } from "playwright-core";
import { chromiumArguments } from "../../../devices/browsers/chromium.ts";
import { chromiumPath } from "../../../devices/browsers/find_browser.ts";
import { renderComparison } from "../../../search/report/comparison/comparison.ts";
import { renderReport } from "../../../search/report/report.ts";
import { testWith } from "../../require.ts";
import { fixtureWholeRun } from "./fixtures.ts";

await testWith({
  name: "folded tables are open on paper, and folded on a screen",
  needs: "chromium",
  fn: async () => {
    const browser = await chromium.launch({
      executablePath: chromiumPath(),
      headless: true,
      chromiumSandbox: Deno.uid() !== 0,
      args: chromiumArguments([]),
    });
    try {
      const page = await browser.newPage();
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
    } finally {
      await browser.close();
    }
  },
});

await testWith({
  name: "no table is wider than paper, nor that of compared runs than a wide screen",
  needs: "chromium",
  fn: async () => {
    const browser = await chromium.launch({
      executablePath: chromiumPath(),
      headless: true,
      chromiumSandbox: Deno.uid() !== 0,
      args: chromiumArguments([]),
    });
    try {
      const whole = fixtureWholeRun();
      const compared = [
        { ...whole, run: "growing-from-a-long-name", controller: "reinforce", seconds: 45_296 },
        { ...whole, run: "other" },
      ];
      const page = await browser.newPage();
      const tooWide = (selector: string) =>
        page.$$eval(
          selector,
          (all) => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.ariaLabel ?? "page"),
        );
      for (const content of [renderReport(whole), renderComparison(compared)]) {
        await page.setContent(content);
        // A4 without margins of 10 mm.
        await page.setViewportSize({ width: 718, height: 1000 });
        await page.emulateMedia({ media: "print" });
        assertEquals(await tooWide("html, .scroll"), []);
      }
      await page.setViewportSize({ width: 1200, height: 900 });
      await page.emulateMedia({ media: "screen" });
      assertEquals(await tooWide(".scroll:has(#runs)"), []);
    } finally {
      await browser.close();
    }
  },
});
