// The report as a browser puts it on paper.
import { assert, assertEquals } from "@std/assert";
import { chromium } from "playwright-core";
import { chromiumArguments } from "../../../devices/browsers/chromium.ts";
import { chromiumPath } from "../../../devices/browsers/find_browser.ts";
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
