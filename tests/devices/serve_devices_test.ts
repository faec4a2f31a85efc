import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { Presence } from "../../devices/hub.ts";
import { serveDevices } from "../../devices/serve_devices.ts";
import { deviceList } from "../../devices/terminal/device_list.ts";
import { fakeHub, pairedDevice } from "./fake_hub.ts";
import { settle, virtualTerminal } from "./terminal/virtual_terminal.ts";

const asks = { state: "asks", name: "phone", code: "481203", description: "Fake/1" } as const;

/** Serves a fake hub on a virtual terminal until `use` is done. */
async function serving(
  use: (parts: {
    hub: ReturnType<typeof fakeHub>;
    terminal: ReturnType<typeof virtualTerminal>;
    links: string[];
    wait: () => Promise<void>;
  }) => Promise<void>,
  { interactive = true, name, full = false }: { interactive?: boolean; name?: string; full?: boolean } = {},
): Promise<void> {
  const hub = fakeHub();
  hub.full = full;
  const terminal = virtualTerminal({ columns: 100, live: interactive, interactive });
  const controller = new AbortController();
  const links: string[] = [];
  const served = serveDevices(hub, {
    screen: terminal.screen,
    name,
    pollMs: 5,
    onLink: ({ url }) => links.push(url),
    signal: controller.signal,
  });
  served.catch(() => {});
  const wait = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    await settle();
  };
  try {
    await wait();
    await use({ hub, terminal, links, wait });
  } finally {
    controller.abort(new Error("interrupted"));
    await assertRejects(() => served, Error, "interrupted");
  }
}

Deno.test("a browser is let in, shows in the list, and Enter makes another link without a name", async () => {
  await serving(async ({ hub, links, terminal, wait }) => {
    assertEquals(links, [hub.pairings[0].url]);
    assertEquals(hub.pairings[0].name, "phone");
    assertEquals(terminal.lines().at(-1), "No browser is paired yet.");
    hub.pairings[0].tell(asks);
    await wait();
    terminal.type("y");
    await wait();
    assertEquals(hub.pairings[0].calls, ["approve 481203"]);
    assertMatch(
      terminal.lines().join("\n"),
      /"phone" is paired\.\nPress Enter for another link\.\n\n device .*\n─+\n phone {3}ready/,
    );
    terminal.type("");
    await wait();
    assertEquals(hub.pairings.map(({ name }) => name), ["phone", undefined]);
    assertEquals(links.length, 1);
  }, { name: "phone" });
});

Deno.test("a link that expired or was refused is replaced when a person wants it, for the same name", async () => {
  await serving(async ({ hub, terminal, wait }) => {
    for (const [index, state] of (["expired", "refused"] as const).entries()) {
      hub.pairings[index].tell({ state });
      await wait();
      assertMatch(terminal.lines().join("\n"), /Press Enter for a new link\.\n\nNo browser is paired yet\.$/);
      assertEquals(hub.pairings.length, index + 1);
      terminal.type("");
      await wait();
      assertEquals(hub.pairings[index + 1].name, "tablet");
    }
  }, { name: "tablet" });
});

Deno.test("where lines stay, each change of a device is one line", async () => {
  await serving(async ({ hub, terminal, wait }) => {
    for (const presence of ["ready", "measuring", "measuring", "hidden", "absent"] satisfies Presence[]) {
      hub.paired = [pairedDevice("phone", { presence })];
      await wait();
    }
    hub.paired = [];
    await wait();
    assertEquals(terminal.lines().filter((line) => line.startsWith("phone: ")), [
      "phone: ready",
      "phone: measuring",
      "phone: open, but hidden: bring its page to the front",
      "phone: away: open its page",
      "phone: no longer paired",
    ]);
  }, { interactive: false });
});

Deno.test("where too many links are open it says so, and a person tries again", async () => {
  await serving(async ({ hub, links, terminal, wait }) => {
    assertMatch(
      terminal.lines().join("\n"),
      /No link just now: 3 links are open already\.\nPress Enter for a new link\.\n\nNo browser is paired yet\.$/,
    );
    hub.full = false;
    terminal.type("");
    await wait();
    assertEquals([hub.pairings.map(({ name }) => name), links], [["phone"], [hub.pairings[0].url]]);
  }, { name: "phone", full: true });
});

Deno.test("the end takes the open link back", async () => {
  let used: ReturnType<typeof fakeHub> | undefined;
  await serving(({ hub }) => {
    used = hub;
    return Promise.resolve();
  });
  assertEquals(used?.pairings[0].calls, ["refuse"]);
});

Deno.test("what goes wrong at the hub ends the service", async () => {
  const hub = { ...fakeHub(), devices: () => Promise.reject(new Error("the hub is gone")) };
  const { screen } = virtualTerminal();
  const { signal } = new AbortController();
  await assertRejects(() => serveDevices(hub, { screen, signal }), Error, "the hub is gone");
  const broken = { ...fakeHub(), pair: () => Promise.reject(new Error("the disk is full")) };
  await assertRejects(() => serveDevices(broken, { screen, pollMs: 5, signal }), Error, "the disk is full");
});

Deno.test("the list says who is there, and what to do about who is not", () => {
  const now = 10 * 86_400_000;
  const lines = deviceList(
    [
      pairedDevice("phone", { pairedAt: now - 3 * 86_400_000, presence: "hidden" }),
      pairedDevice("tablet", { pairedAt: now - 7_200_000, lastSeenAt: now - 600_000, presence: "absent" }),
    ],
    120,
    now,
  );
  assertMatch(lines[2], /^ phone {3}open, but hidden: bring its page to the front {2}Fake\/1 {3}now {9}3 days ago$/);
  assertMatch(lines[3], /^ tablet {2}away: open its page {28}Fake\/1 {3}10 min ago {2}2 h ago$/);
  for (const columns of [100, 60, 40]) {
    const narrow = deviceList([pairedDevice("phone")], columns, now);
    assert(narrow.every((line) => line.length <= columns) && narrow[2].startsWith(" phone   ready"));
  }
});
