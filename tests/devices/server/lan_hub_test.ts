import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createKeys, SimulatedDevice } from "../../../bench/device_server/simulated_device.ts";
import { openHub } from "../../../devices/open_hub.ts";
import { lanAddresses } from "../../../devices/server/tls/lan_addresses.ts";

const noNetwork = lanAddresses().length === 0;
if (noNetwork) console.log("skipped: the local network is served by HTTPS: this machine is in no network");

Deno.test({
  name: "the local network is served by HTTPS alone, and a person lets each browser in",
  ignore: noNetwork,
  async fn() {
    const dataDir = await Deno.makeTempDir();
    const hub = await openHub({ dataDir, port: 0, lan: true }, { assets: new Map() });
    const { origin, hostname, port } = new URL(hub.url);
    const caPem = Deno.readTextFileSync(`${dataDir}/devices/tls/ca.pem`);
    const client = Deno.createHttpClient({ caCerts: [caPem] });
    const phone = async () =>
      new SimulatedDevice(
        (path, init) => fetch(new URL(path, origin), { ...init, client, headers: { ...init.headers, Origin: origin } }),
        await createKeys(),
      );
    try {
      assertEquals([hub.lan, new URL(hub.url).protocol, hub.url.at(-1)], [true, "https:", "/"]);
      const pairing = await hub.pair();
      assert(pairing.url.startsWith(hub.url));
      const device = await phone();
      const token = new URL(pairing.url).hash.slice(1).replace("&ask", "");
      const asked = await device.pair(token, { name: "phone" });
      assertEquals([asked.state, device.cookie], ["asked", undefined]);
      const told = await pairing.next();
      assert(asked.state === "asked" && told.state === "asks");
      assertEquals([told.code, told.name], [asked.code, "phone"]);
      assertEquals(await hub.approve(told.code), true);
      assertEquals((await device.pair(token, { path: "/api/pair/status" })).state, "paired");
      assertMatch(device.cookie ?? "", new RegExp(`^__Host-nacre-${port}=`));
      assertEquals(await device.openSession(), { name: "phone", lan: true });

      const certificate = await fetch(new URL("/ca.crt", origin), { client });
      assertEquals(certificate.headers.get("Content-Type"), "application/x-x509-ca-cert");
      const bytes = await certificate.bytes();
      assert(bytes.length > 200);
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
      assertEquals(pairing.fingerprint, digest);
      const shared = await openHub({ dataDir }, { assets: new Map() });
      assertEquals((await shared.pair()).fingerprint, digest);
      await shared.close();
      const profile = await fetch(new URL("/ca.mobileconfig", origin), { client });
      assertEquals(profile.headers.get("Content-Type"), "application/x-apple-aspen-config");
      assertMatch(await profile.text(), /com\.apple\.security\.root/);

      // In plain text nothing is to be had from the network, and this machine's own browsers need no certificate.
      await assertRejects(() => fetch(`http://${hostname}:${port}/`));
      const temporary = await hub.pair({ name: "chromium", temporary: true });
      const link = new URL(temporary.url);
      assertEquals([link.protocol, link.hostname, temporary.fingerprint], ["http:", "127.0.0.1", undefined]);
      await assertRejects(() => fetch(`http://${hostname}:${link.port}/`));
      const browser = new SimulatedDevice(
        (path, init) => fetch(new URL(path, link), { ...init, headers: { ...init.headers, Origin: link.origin } }),
        await createKeys(),
      );
      assertEquals(await browser.pair(link.hash.slice(1).replace("&ask", "")), { state: "paired", name: "chromium" });
      assertEquals(await browser.openSession(), { name: "chromium", lan: false });
    } finally {
      client.close();
      await hub.close();
      await Deno.remove(dataDir, { recursive: true });
    }
  },
});

Deno.test({
  name: "who serves in place of another program serves the local network only where its person asked for that",
  ignore: noNetwork,
  async fn() {
    for (const lan of [false, true]) {
      const dataDir = await Deno.makeTempDir();
      const parts = { assets: new Map() };
      const first = await openHub({ dataDir, port: 0, lan: true }, parts);
      const lines: string[] = [];
      const hub = await openHub({ dataDir, lan, log: (line) => lines.push(line) }, parts);
      const { url: localUrl } = await hub.pair({ name: "chromium", temporary: true });
      try {
        await first.close();
        await hub.devices();
        assertEquals([hub.lan, new URL(hub.url).protocol], [lan, lan ? "https:" : "http:"]);
        // Where the pages are that can still reach it.
        assertEquals(new URL(hub.url).port, new URL(lan ? first.url : localUrl).port);
        const where = lan
          ? `to the local network, at ${hub.url}`
          : `to this machine only, at ${hub.url}; phones cannot reach it: for them, start it with --lan`;
        assertEquals(
          lines.at(-1),
          `the program that served the probe page has ended; this one serves it now, ${where}`,
        );
      } finally {
        await hub.close();
        await Deno.remove(dataDir, { recursive: true });
      }
    }
  },
});
