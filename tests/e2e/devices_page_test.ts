// The page as its person meets it: small screens, dark mode, keyboard, screen reader.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Page } from "playwright-core";
import { testWith } from "../require.ts";
import { headline, pairPage, startLoad, withChromium, withHub } from "./devices_fixture.ts";

/** Texts with too little contrast to what is behind them (WCAG 2.2, 1.4.3), and what is wider than the screen. */
function flaws(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (color: readonly number[]) => {
      const [r, g, b] = color.map((value) => {
        const share = value / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const background = (element: Element | null): number[] => {
      if (!element) throw new Error("the body has no background of its own");
      const [r, g, b, alpha = 1] = channels(getComputedStyle(element).backgroundColor);
      if (alpha === 1) return [r, g, b];
      const behind = background(element.parentElement);
      return [r, g, b].map((value, index) => value * alpha + behind[index] * (1 - alpha));
    };
    const found: string[] = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth} px wide on a screen of ${clientWidth}`);
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      const element = text.parentElement;
      if (!element?.checkVisibility() || !text.textContent?.trim() || element.closest("svg, noscript")) continue;
      const style = getComputedStyle(element);
      const [front, back] = [luminance(channels(style.color).slice(0, 3)), luminance(background(element))];
      const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
      const pixels = parseFloat(style.fontSize);
      const large = pixels >= 24 || pixels >= 18.66 && Number(style.fontWeight) >= 700;
      if (contrast < (large ? 3 : 4.5)) {
        found.push(`"${text.textContent.trim().slice(0, 40)}" has a contrast of ${contrast.toFixed(2)}`);
      }
    }
    return found;
  });
}

await testWith({
  name: "a screen of 320 pixels shows every state without sideways scrolling, readable, in light and dark mode",
  needs: "chromium",
  fn: (test) =>
    withHub((site) =>
      withChromium(async (browser) => {
        const page = await (await browser.newContext({ viewport: { width: 320, height: 640 } })).newPage();
        const backgrounds = new Set<string>();
        const state = async (name: string, text: string) => {
          await test.step(name, async () => {
            await headline(page, text);
            for (const colorScheme of ["light", "dark"] as const) {
              await page.emulateMedia({ colorScheme });
              assertEquals(await flaws(page), [], colorScheme);
              backgrounds.add(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
            }
          });
        };
        await page.goto(site.hub.url);
        await state("not paired", "Not paired");
        await pairPage(site.hub, page);
        await state("ready", "Ready");
        const { load } = await startLoad(site, "tfjs-wasm", { profile: "standard" });
        await state("warming up", "Warming up");
        await state("timing", "Timing");
        await load;
        await state("with a result", "Ready");
        for (const summary of await page.locator("summary:visible").all()) await summary.click();
        await state("with everything open", "Ready");
        await site.hub.close();
        await state("after the end", "Finished");
        const shades = [...backgrounds].map((color) => Number(color.match(/\d+/)?.[0])).sort((a, b) => a - b);
        assertEquals([shades.length, shades[0] < 64, shades[1] > 192], [2, true, true], [...backgrounds].join(", "));
      })
    ),
});

await testWith({
  name: "everything on the page is reached and shown by the keyboard",
  needs: "chromium",
  fn: () =>
    withHub(({ hub }) =>
      withChromium(async (browser) => {
        const page = await browser.newPage();
        await pairPage(hub, page);
        await headline(page, "Ready");
        const controls = await page.locator("a:visible, button:visible, summary:visible, input:visible").count();
        assert(controls > 0, "the page has controls");
        const reached = new Set<string>();
        for (let presses = 0; presses < controls; presses++) {
          await page.keyboard.press("Tab");
          const focus = await page.evaluate(() => {
            const element = document.activeElement;
            if (!(element instanceof HTMLElement) || element === document.body) return null;
            const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
            const shown = outlineStyle !== "none" && parseFloat(outlineWidth) >= 1 || boxShadow !== "none";
            return { text: element.innerText, shown };
          });
          assert(focus?.shown, `focus is not to be seen after ${presses + 1} presses of Tab`);
          reached.add(focus.text);
        }
        assertEquals(reached.size, controls);
        const details = page.locator("details:visible").first();
        await details.locator("summary").focus();
        await page.keyboard.press("Enter");
        assertEquals(await details.getAttribute("open"), "");
      })
    ),
});

await testWith({
  name: "a screen reader is told what the page is, what it does and how far it is",
  needs: "chromium",
  fn: () =>
    withHub((site) =>
      withChromium(async (browser) => {
        const page = await browser.newPage();
        await pairPage(site.hub, page);
        await headline(page, "Ready");
        const ready = await page.locator("body").ariaSnapshot();
        assertMatch(ready, /heading "Nacre" \[level=1\]/);
        assertMatch(ready, /status.*Ready/);
        assertEquals(await page.locator("html").getAttribute("lang"), "en");
        const { load } = await startLoad(site, "tfjs-wasm", { profile: "standard" });
        await headline(page, "Timing");
        const busy = await page.locator("body").ariaSnapshot();
        assertMatch(busy, /progressbar "[^"]+"/);
        assertMatch(busy, /status.*Timing/);
        await load;
        await headline(page, "Ready");
        const done = await page.locator("body").ariaSnapshot();
        assertMatch(done, /img "[^"]*median[^"]*"/i);
        assertStringIncludes(await page.locator("#results").innerText(), " ms");
        for (const name of ["img", "button", "progressbar", "textbox"] as const) {
          for (const element of await page.getByRole(name).all()) {
            assertMatch(await element.ariaSnapshot(), /"[^"]+"/, `a ${name} without a name`);
          }
        }
      })
    ),
});
