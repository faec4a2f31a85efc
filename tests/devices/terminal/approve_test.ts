import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import type { PairingState } from "../../../devices/hub.ts";
import { approveInTerminal } from "../../../devices/terminal/approve.ts";
import { pairingLinkText } from "../../../devices/terminal/pairing_link.ts";
import { userAgentWords } from "../../../devices/terminal/user_agent_words.ts";
import { fakePairing } from "../fake_hub.ts";
import { settle, virtualTerminal } from "./virtual_terminal.ts";

const iPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " +
  "Version/18.5 Mobile/15E148 Safari/604.1";
const asks: PairingState = { state: "asks", name: "phone", code: "481203", description: iPhone };

Deno.test("who shows the digits gets in when a person says yes", async () => {
  for (const yes of ["y", "Y", " yes "]) {
    const terminal = virtualTerminal({ columns: 100 });
    const pairing = fakePairing({ name: "phone" });
    const end = approveInTerminal(pairing, { terminal: terminal.screen, name: "phone", lan: false, colour: false });
    pairing.tell(asks);
    await settle();
    const shown = terminal.lines().join("\n");
    assertStringIncludes(shown, 'A browser (Safari 18, iPhone) asks to be "phone".\nIt has to show 481 203.\n');
    assertStringIncludes(shown, 'Does it show 481 203? Let "phone" in? [y/N]');
    terminal.type(yes);
    assertEquals(await end, { state: "paired", name: "phone" });
    assertEquals(pairing.calls, ["approve 481203"]);
    assertEquals(terminal.lines().at(-1), '"phone" is paired.');
  }
});

Deno.test("nobody gets in by anything but yes", async () => {
  for (const no of ["n", "", "481203", "yellow", "ja"]) {
    const terminal = virtualTerminal();
    const pairing = fakePairing();
    const end = approveInTerminal(pairing, { terminal: terminal.screen, lan: false, colour: false });
    pairing.tell(asks);
    await settle();
    terminal.type(no);
    assertEquals(await end, { state: "refused" });
    assertEquals(pairing.calls, ["refuse"]);
  }
});

Deno.test("the end of the input lets nobody in", async () => {
  const terminal = virtualTerminal();
  const pairing = fakePairing();
  const end = approveInTerminal(pairing, { terminal: terminal.screen, lan: false, colour: false });
  pairing.tell(asks);
  await settle();
  terminal.endInput();
  assertEquals(await end, { state: "refused" });
});

Deno.test("without a terminal it says how to answer from another one, and waits for that", async () => {
  const terminal = virtualTerminal({ live: false, interactive: false, columns: 100 });
  const pairing = fakePairing({ name: "phone" });
  const end = approveInTerminal(pairing, { terminal: terminal.screen, lan: false, colour: false });
  pairing.tell(asks);
  await settle();
  assertEquals(
    terminal.lines().at(-1),
    "If it does, let it in from another terminal: deno task devices --approve 481203",
  );
  assertEquals(pairing.calls, []);
  pairing.tell({ state: "paired", name: "phone" });
  assertEquals(await end, { state: "paired", name: "phone" });
});

Deno.test("an answer from elsewhere, or the end of the link, ends the question", async () => {
  for (const state of [{ state: "paired", name: "phone" }, { state: "expired" }, { state: "refused" }] as const) {
    const terminal = virtualTerminal();
    const pairing = fakePairing();
    const end = approveInTerminal(pairing, { terminal: terminal.screen, lan: false, colour: false });
    pairing.tell(asks);
    await settle();
    pairing.tell(state);
    assertEquals(await end, state);
    await settle();
    assert(!terminal.lines().some((line) => line.startsWith("Does it show")));
    assertEquals(pairing.calls, []);
  }
});

Deno.test("an interrupt ends the wait with its reason", async () => {
  const terminal = virtualTerminal();
  const controller = new AbortController();
  const pairing = fakePairing();
  const end = approveInTerminal(pairing, {
    terminal: terminal.screen,
    lan: false,
    colour: false,
    signal: controller.signal,
  });
  pairing.tell(asks);
  await settle();
  controller.abort(new Error("interrupted"));
  await assertRejects(() => end, Error, "interrupted");
  assertEquals(pairing.calls, []);
});

Deno.test("a problem at the hub is not swallowed", async () => {
  const terminal = virtualTerminal();
  const pairing = { ...fakePairing(), approve: () => Promise.reject(new Error("the hub is gone")) };
  const end = approveInTerminal(pairing, { terminal: terminal.screen, lan: false, colour: false });
  pairing.tell(asks);
  await settle();
  terminal.type("y");
  await assertRejects(() => end, Error, "the hub is gone");
});

Deno.test("names and browsers that ask cannot write to the terminal", async () => {
  const terminal = virtualTerminal({ columns: 200 });
  const pairing = fakePairing();
  const end = approveInTerminal(pairing, { terminal: terminal.screen, lan: false, colour: false });
  pairing.tell({
    state: "asks",
    name: "a\x1b[2J\nb",
    code: "000000",
    description: "\x1b]0;title\x07 Evil\n".repeat(9),
  });
  await settle();
  const line = terminal.lines().find((line) => line.startsWith("A browser")) ?? "";
  assertMatch(line, /^A browser \( Evil.{0,40}\) asks to be "a b"\.$/);
  terminal.type("n");
  await end;
});

Deno.test("a phone gets a QR code, in colours of its own, where the window has room", () => {
  const pairing = fakePairing();
  const text = (columns: number, colour: boolean) => pairingLinkText(pairing, { lan: true, columns, colour });
  const wide = text(60, false).split("\n");
  const code = wide.filter((line) => /[█▀▄]/.test(line));
  assert(code.length >= 15 && code.every((line) => line.length <= 60), String(code.length));
  assertEquals(
    text(60, true).split("\n").filter((line) => line.startsWith("\x1b[38;5;231;48;5;16m")).length,
    code.length,
  );
  assertStringIncludes(text(30, true), "too narrow");
  for (const columns of [30, 60]) assert(text(columns, false).split("\n").includes(pairing.url));
  const known = { ...pairing, fingerprint: "0123456789abcdef".repeat(4) };
  const lines = pairingLinkText(known, { lan: true, columns: 60, colour: false }).split("\n");
  assertEquals(lines.at(-1), "0123 4567 89AB CDEF 0123");
  assertMatch(lines.slice(-4).join(" "), /compare: the SHA-256 fingerprint that the phone shows has to begin with/);
  const local = pairingLinkText(pairing, { lan: false, name: "laptop", columns: 100, colour: false });
  assertMatch(
    local,
    /^Open this link in the browser that is to be "laptop"; it works once, until \d\d:\d\d:\nhttp:\S+$/,
  );
});

const userAgents: Record<string, string> = {
  "Safari 18, iPhone": iPhone,
  "Chrome 138, Android":
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36",
  "Firefox 153, Linux": "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
  "Edge 138, Windows":
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 " +
    "Edg/138.0.0.0",
  "Chrome 140, Linux":
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36",
  "Safari 17, Mac":
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
  "unknown browser": "",
  "curl/8": "curl/8",
};

for (const [words, userAgent] of Object.entries(userAgents)) {
  Deno.test(`a user agent in words: ${words}`, () => {
    assertEquals(userAgentWords(userAgent), words);
  });
}
