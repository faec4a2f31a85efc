// Pairing in real browsers, and what ends it.
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { DeviceGoneError } from "../../devices/device.ts";
import { testWith } from "../require.ts";
import { headline, pairPage, startLoad, until, withChromium, withHub } from "./devices_fixture.ts";

await testWith({
  name: "a browser pairs by its link, comes back without one, and hears of the end",
  needs: "chromium",
  fn: () =>
    withHub((site) =>
      withChromium(async (browser) => {
        const { hub } = site;
        const context = await browser.newContext();
        const page = await context.newPage();
        const problems = await pairPage(hub, page);
        assertStringIncludes(await headline(page, "Ready"), "laptop");
        assertEquals(page.url(), hub.url, "the token left the address bar");
        const [device] = await hub.devices();
        assertEquals([device.name, /Chrome/.test(device.description)], ["laptop", true]);
        assertEquals(device.presence, "ready");

        await page.goto("about:blank");
        await page.goto(hub.url);
        await headline(page, "Ready");
        await (await startLoad(site, "tfjs-wasm")).load;

        await hub.close();
        await headline(page, "Finished");
        assertEquals(problems.filter((problem) => !/410|ERR_CONNECTION/.test(problem)), []);
      })
    ),
});

await testWith({
  name: "a used link and a bare address pair nobody, and the page says what to do",
  needs: "chromium",
  fn: () =>
    withHub(({ hub }) =>
      withChromium(async (browser) => {
        const pairing = await hub.pair({ name: "laptop" });
        const first = await (await browser.newContext()).newPage();
        await first.goto(pairing.url);
        assertEquals((await pairing.next({ signal: AbortSignal.timeout(60_000) })).state, "paired");
        const second = await (await browser.newContext()).newPage();
        await second.goto(pairing.url);
        await headline(second, "This link does not work");
        const stranger = await (await browser.newContext()).newPage();
        await stranger.goto(hub.url);
        await headline(stranger, "Not paired");
        assertEquals((await hub.devices()).length, 1);
      })
    ),
});

await testWith({
  name: "of two tabs only the newer one measures, and the older one says so",
  needs: "chromium",
  fn: () =>
    withHub((site) =>
      withChromium(async (browser) => {
        const context = await browser.newContext();
        const first = await context.newPage();
        await pairPage(site.hub, first);
        await headline(first, "Ready");
        const second = await context.newPage();
        await second.goto(site.hub.url);
        await headline(first, "Open in another tab");
        await (await startLoad(site, "tfjs-wasm")).load;
        await first.getByRole("button", { name: "Measure here instead" }).click();
        await headline(second, "Open in another tab");
        await headline(first, "Ready");
      })
    ),
});

await testWith({
  name: "a revoked device stops at once, in the midst of a load, and its page says so",
  needs: "chromium",
  fn: () =>
    withHub((site) =>
      withChromium(async (browser) => {
        const page = await browser.newPage();
        await pairPage(site.hub, page);
        const { load } = await startLoad(site, "tfjs-wasm", { profile: "certified" });
        await headline(page, "Timing");
        assertEquals(await site.hub.revoke("laptop"), true);
        await assertRejects(() => load, DeviceGoneError, "laptop");
        await headline(page, "Not paired");
        assertEquals(await site.hub.devices(), []);
        await assertRejects(async () => (await startLoad(site, "tfjs-wasm")).load, DeviceGoneError);
      })
    ),
});

await testWith({
  name: "a phone in the local network pairs by HTTPS: same digits on both sides, an approval, then a load",
  needs: "chromium",
  fn: () =>
    withHub(async (site) => {
      const { hub, dataDir } = site;
      assertMatch(hub.url, /^https:/);
      const leaf = new X509Certificate(await Deno.readTextFile(`${dataDir}/devices/tls/leaf.pem`));
      const key = leaf.publicKey.export({ type: "spki", format: "der" });
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(key)));
      const spki = btoa(String.fromCharCode(...digest));
      await withChromium(async (browser) => {
        const page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
        const pairing = await hub.pair({ name: "phone" });
        await page.goto(pairing.url);
        const asked = await pairing.next({ signal: AbortSignal.timeout(60_000) });
        assert(asked.state === "asks", asked.state);
        await headline(page, "Waiting to be let in");
        assertEquals((await page.locator("#code").innerText()).replace(/\D/g, ""), asked.code);
        const wrong = asked.code === "000000" ? "000001" : "000000";
        assertEquals([await pairing.approve(wrong), await pairing.approve(asked.code)], [false, true]);
        assertEquals((await pairing.next({ signal: AbortSignal.timeout(60_000) })).state, "paired");
        await headline(page, "Ready");
        assertEquals(await page.evaluate(() => [isSecureContext, crossOriginIsolated]), [true, true]);
        const { report } = await (await startLoad(site, "tfjs-wasm", { name: "phone" })).load;
        assertEquals(report.environment.crossOriginIsolated, true);
        await until(() => page.locator("#install").isVisible(), "help for the certificate");

        const second = await (await browser.newContext()).newPage();
        const refused = await hub.pair({ name: "stranger" });
        await second.goto(refused.url);
        assertEquals((await refused.next({ signal: AbortSignal.timeout(60_000) })).state, "asks");
        await refused.refuse();
        await headline(second, "Not let in");
      }, [`--ignore-certificate-errors-spki-list=${spki}`]);
    }, { lan: true }),
});
