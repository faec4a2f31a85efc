import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { createKeys, RefusedError, sign } from "../../../bench/device_server/simulated_device.ts";
import { errorOf, withServer } from "./server_fixture.ts";

const open = { compare: false };
const look = { path: "/api/pair/status" };

Deno.test("where only this machine reaches the page, the token alone pairs, with a strict cookie", () =>
  withServer(async ({ pairings, createDevice, events }) => {
    const link = pairings.open({ name: "phone", ...open });
    assertEquals(link.token.length, 43);
    const device = await createDevice();
    assertEquals(await device.pair(link.token), { state: "paired", name: "phone" });
    assertEquals(await link.state(0, { waitMs: 0 }), { state: "paired", name: "phone" });
    assertEquals((await device.openSession()).name, "phone");
    assert(!JSON.stringify(events).includes(link.token), "the log holds no secrets");
  }));

Deno.test("the cookie is __Host-, HttpOnly, Secure and SameSite=Strict, but for Safari on http", () =>
  withServer(async ({ pairings, createDevice }) => {
    const device = await createDevice();
    const { token } = pairings.open({ name: "phone", ...open });
    const signature = await sign(device.keys.privateKey, `pair\n${token}`);
    const body = { token, publicKey: device.keys.publicKey, signature };
    const cookieOf = async (userAgent: string) =>
      (await device.post("/api/pair", body, { "User-Agent": userAgent })).headers.get("Set-Cookie") ?? "";
    const chrome = await cookieOf("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36");
    assertMatch(chrome, /^__Host-nacre-7411=[\w-]{43}; /);
    for (const attribute of ["HttpOnly", "Secure", "SameSite=Strict", "Path=/", "Max-Age=7776000"]) {
      assert(chrome.includes(`; ${attribute}`), attribute);
    }
    const safari = await cookieOf("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15");
    assertMatch(safari, /^nacre-7411=[\w-]{43}; /);
    assert(!safari.includes("Secure"));
    device.cookie = safari.split(";")[0];
    assertEquals((await device.openSession()).name, "phone");
  }));

Deno.test("in the local network page and terminal show six digits, and the browser gets in once they are approved", () =>
  withServer(async ({ pairings, createDevice }) => {
    const link = pairings.open({ compare: true });
    const device = await createDevice();
    const asked = await device.pair(link.token, { name: "phone" });
    assert(asked.state === "asked");
    assertMatch(asked.code, /^\d{6}$/);
    assertEquals(await device.pair(link.token, { name: "phone" }), asked, "asking again changes nothing");
    assertEquals(await device.pair(link.token, { name: "phone", ...look }), asked);
    const { code, name } = asked;
    assertEquals(await link.state(0, { waitMs: 0 }), { state: "asks", name, code, description: "unknown browser" });
    assertEquals(device.cookie, undefined);
    await assertRejects(() => device.openSession(), RefusedError, "not paired");
    const wrong = code === "000000" ? "000001" : "000000";
    assertEquals([link.approve(wrong), pairings.approve(wrong)], [false, false]);
    assertEquals([pairings.approve(code), link.approve(code)], [true, false]);
    assertEquals(await link.state(1, { waitMs: 0 }), { state: "paired", name: "phone" });
    assertEquals(await device.pair(link.token, { name: "phone", ...look }), { state: "paired", name: "phone" });
    assertEquals((await device.openSession()).name, "phone");
  }));

Deno.test("a browser that is refused hears so, and its link is used up", () =>
  withServer(async ({ pairings, createDevice, fleet }) => {
    const link = pairings.open({ compare: true });
    const device = await createDevice();
    const asked = await device.pair(link.token);
    link.refuse();
    assertEquals(await device.pair(link.token, look), { state: "refused" });
    assertEquals(asked.state === "asked" && pairings.approve(asked.code), false);
    assertEquals(fleet.names(), []);
    await assertRejects(async () => (await createDevice()).pair(link.token), RefusedError, "used by another browser");
  }));

Deno.test("a token serves one key: another browser that shows it is refused, before and after", () =>
  withServer(async ({ pairings, createDevice, fleet }) => {
    for (const compare of [false, true]) {
      const link = pairings.open({ name: compare ? "tablet" : "phone", compare });
      const [device, thief] = [await createDevice(), await createDevice()];
      const first = await device.pair(link.token);
      await assertRejects(() => thief.pair(link.token), RefusedError, "used by another browser already");
      if (first.state === "asked") assert(link.approve(first.code));
      await assertRejects(() => thief.pair(link.token), RefusedError, "used by another browser already");
      await assertRejects(() => thief.pair(link.token, look), RefusedError, "used by another browser already");
      assertEquals(thief.cookie, undefined);
    }
    assertEquals(fleet.names(), ["phone", "tablet"]);
  }));

Deno.test("a key that its sender does not hold, or that is none, pairs nothing and leaves the token as it was", () =>
  withServer(async ({ pairings, createDevice, fleet }) => {
    const { token } = pairings.open({ name: "phone", ...open });
    const [device, other] = [await createDevice(), await createKeys()];
    const { publicKey, privateKey } = device.keys;
    const good = await sign(privateKey, `pair\n${token}`);
    const forged: [object, number][] = [
      [{ token, publicKey: other.publicKey, signature: good }, 403],
      [{ token, publicKey, signature: await sign(privateKey, token) }, 403],
      [{ token, publicKey, signature: await sign(privateKey, "pair\nother") }, 403],
      [{ token, publicKey: { ...publicKey, x: publicKey.y, y: publicKey.x }, signature: good }, 403],
      [{ token, publicKey: { ...publicKey, d: publicKey.x }, signature: good }, 400],
      [{ token, publicKey: { ...publicKey, crv: "P-384" }, signature: good }, 400],
      [{ token, publicKey, signature: good, name: "../x" }, 400],
      [{ publicKey, signature: good }, 400],
    ];
    for (const [body, status] of forged) assertEquals((await device.post("/api/pair", body)).status, status);
    assertEquals(fleet.names(), []);
    assertEquals((await device.pair(token)).state, "paired");
  }));

Deno.test("unknown tokens pair nothing, and looking at a link does not use it", () =>
  withServer(async ({ pairings, createDevice }) => {
    const { token } = pairings.open({ name: "phone", ...open });
    const device = await createDevice();
    for (const wrong of ["x", token.slice(1), `${token}x`]) {
      await assertRejects(() => device.pair(wrong), RefusedError, "not valid any more");
    }
    await assertRejects(() => device.pair(token, look), RefusedError, "not valid any more");
    assertEquals((await device.pair(token)).state, "paired");
  }));

Deno.test("three links may be open at once; one that was used or withdrawn makes room", () =>
  withServer(async ({ pairings, createDevice }) => {
    const links = ["a", "b", "c"].map((name) => pairings.open({ name, ...open }));
    assertThrows(() => pairings.open(open), Error, "3 links for pairing are open already");
    links[0].refuse();
    pairings.open(open);
    await (await createDevice()).pair(links[1].token);
    pairings.open(open);
    assertThrows(() => pairings.open(open), Error, "3 links");
  }));

Deno.test("a link's name holds whatever the page proposes; a proposed one is made unique", () =>
  withServer(async ({ pairings, createDevice, fleet }) => {
    const pair = async (linkName: string | undefined, name: string | undefined) => {
      const answer = await (await createDevice()).pair(pairings.open({ name: linkName, ...open }).token, { name });
      return answer.state === "paired" && answer.name;
    };
    assertEquals(await pair("phone", "hacker"), "phone");
    assertEquals(await pair(undefined, "phone"), "phone-2");
    assertEquals(await pair(undefined, "phone"), "phone-3");
    assertEquals(await pair(undefined, "here"), "here-2");
    assertEquals(await pair(undefined, undefined), "device");
    const long = "p".repeat(32);
    assertEquals([await pair(undefined, long), await pair(undefined, long)], [long, `${"p".repeat(30)}-2`]);
    assertEquals(fleet.names().length, 7);
    for (const name of ["Phone", "-x", "a/b", "", "here", "all", "chromium", "firefox"]) {
      assertThrows(() => pairings.open({ name, ...open }), RangeError, `device name "${name}" is not allowed`);
    }
  }));

Deno.test("a proposed name is not one that another browser is about to get", () =>
  withServer(async ({ pairings, createDevice, fleet }) => {
    const [first, second, third] = await Promise.all([createDevice(), createDevice(), createDevice()]);
    const links = [pairings.open({ compare: true }), pairings.open({ compare: true })];
    const named = pairings.open({ name: "tablet", compare: true });
    const asked = [
      await first.pair(links[0].token, { name: "phone" }),
      await second.pair(links[1].token, { name: "phone" }),
      await third.pair(named.token),
    ];
    for (const answer of asked) assert(answer.state === "asked" && pairings.approve(answer.code));
    assertEquals(fleet.names(), ["phone", "phone-2", "tablet"]);
    for (const device of [first, second]) {
      const link = links[device === first ? 0 : 1];
      await device.pair(link.token, look);
      assertEquals((await device.openSession()).name, device === first ? "phone" : "phone-2");
    }
    pairings.open({ name: "watch", compare: true });
    const late = await (await createDevice()).pair(pairings.open({ compare: true }).token, { name: "watch" });
    assertEquals(late.state === "asked" && late.name, "watch-2");
  }));

Deno.test("letting a browser in ends no pairing but its own", () =>
  withServer(async (server) => {
    for (const name of ["tablet", undefined]) {
      const browser = await server.pairDevice("phone");
      const link = server.pairings.open({ name, compare: true });
      const again = await server.createDevice();
      again.cookie = browser.cookie;
      const asked = await again.pair(link.token);
      // Meanwhile another browser is paired by a link of that name.
      const other = await server.pairDevice("phone");
      assert(asked.state === "asked" && link.approve(asked.code));
      assertEquals((await other.openSession()).name, "phone");
      const answer = await again.pair(link.token, look);
      assertEquals(answer, { state: "paired", name: name ?? "phone-2" });
      assertEquals((await again.openSession()).name, name ?? "phone-2");
    }
  }));

Deno.test("pairing a name anew ends the key and the cookie before, and no other device's", () =>
  withServer(async (server) => {
    const laptop = await server.pairDevice("laptop");
    const old = await server.pairDevice("phone");
    server.order("phone");
    const held = await old.lease();
    const renewed = await server.pairDevice("phone");
    await assertRejects(() => old.openSession(), RefusedError, "not paired");
    old.cookie = renewed.cookie;
    const chunk = { sequence: 0, rounds: [[1, 1, 1]] };
    assertEquals((await old.sendChunk(held, chunk)).status, 410);
    const lease = await renewed.lease();
    assertEquals(lease.job, held.job);
    assertMatch(await errorOf(await old.sendChunk(lease, chunk)), /signature does not fit/);
    assertEquals((await laptop.openSession()).name, "laptop");
  }));

Deno.test("a browser that is paired already keeps its name with a link that has none, and changes it with one that has", () =>
  withServer(async ({ pairings, createDevice, fleet }) => {
    const device = await createDevice();
    await device.pair(pairings.open({ name: "phone", ...open }).token);
    const again = await createDevice();
    again.cookie = device.cookie;
    assertEquals(await again.pair(pairings.open(open).token, { name: "other" }), { state: "paired", name: "phone" });
    const renamed = await createDevice();
    renamed.cookie = again.cookie;
    assertEquals(await renamed.pair(pairings.open({ name: "tablet", ...open }).token), {
      state: "paired",
      name: "tablet",
    });
    assertEquals(fleet.names(), ["tablet"]);
  }));

Deno.test("temporary devices of two programs may have one name, and end with their program", () =>
  withServer(async (server) => {
    const { pairings, createDevice, fleet } = server;
    const [first, second] = [await createDevice(), await createDevice()];
    await first.pair(pairings.open({ name: "chromium", owner: "program-1", ...open }).token);
    await second.pair(pairings.open({ name: "chromium", owner: "program-2", ...open }).token);
    assertEquals(fleet.names(), []);
    const job = server.order("chromium", { owner: "program-2" });
    assertEquals((await first.poll()).kind, "none");
    assertEquals((await second.lease()).job, job.id);
    fleet.removeOwned("program-1");
    await assertRejects(() => first.poll(), RefusedError, "not paired");
    assertEquals((await second.openSession()).name, "chromium");
  }));
