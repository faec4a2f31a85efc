import { assertEquals, assertRejects } from "@std/assert";
import { settle, virtualTerminal } from "./virtual_terminal.ts";

Deno.test("lines that stay come above those that renew themselves", () => {
  const { screen, lines } = virtualTerminal();
  screen.show(["one", "two"]);
  screen.say("said");
  screen.show(["one", "changed"]);
  assertEquals(lines(), ["said", "one", "changed"]);
  screen.show([]);
  screen.say("more");
  assertEquals(lines(), ["said", "more"]);
  screen.show(["again"]);
  screen.close();
  assertEquals(lines(), ["said", "more"]);
});

Deno.test("lines are cut to the window, and one that became narrower is cleaned up", () => {
  const { screen, lines, resize } = virtualTerminal({ columns: 40 });
  screen.say("above");
  screen.show(["x".repeat(60), "y"]);
  assertEquals(lines(), ["above", `${"x".repeat(38)}…`, "y"]);
  resize(20);
  screen.show(["z".repeat(60)]);
  assertEquals(lines(), ["above", `${"z".repeat(18)}…`]);
});

Deno.test("a question stays below, survives renewed lines, and is kept with its answer", async () => {
  const { screen, lines, type } = virtualTerminal();
  screen.show(["state"]);
  const answer = screen.ask("Really? [y/N] ");
  await settle();
  screen.show(["other state"]);
  screen.say("said");
  assertEquals(lines(), ["said", "other state", "Really? [y/N]"]);
  type("y");
  assertEquals(await answer, "y");
  assertEquals(lines(), ["said", "Really? [y/N] y", "other state"]);
});

Deno.test("questions follow each other; one that is taken back leaves nothing", async () => {
  const { screen, lines, type } = virtualTerminal();
  const controller = new AbortController();
  const first = screen.ask("First? ", controller.signal);
  const second = screen.ask("Second? ");
  await settle();
  assertEquals(lines(), ["First?"]);
  controller.abort(new Error("taken back"));
  await assertRejects(() => first, Error, "taken back");
  await settle();
  assertEquals(lines(), ["Second?"]);
  type("no");
  assertEquals(await second, "no");
});

Deno.test("a typed line is the question's, and without one goes to who waits for lines", async () => {
  const { screen, type, endInput } = virtualTerminal();
  const line = screen.line();
  const answer = screen.ask("Name? ");
  await settle();
  type("Ann");
  assertEquals(await answer, "Ann");
  type("");
  assertEquals(await line, "");
  const last = screen.line();
  endInput();
  assertEquals(await last, undefined);
  assertEquals(await screen.line(), undefined);
});

Deno.test("Enter while nobody asks does not break the lines that renew themselves", async () => {
  const { screen, lines, type } = virtualTerminal();
  const controller = new AbortController();
  const line = screen.line(controller.signal);
  screen.show(["state"]);
  type("");
  await line;
  await settle();
  type("");
  await settle();
  screen.show(["next"]);
  screen.say("said");
  assertEquals(lines(), ["said", "next"]);
});

Deno.test("where lines cannot be renewed, what is said stays and nothing else is written", async () => {
  const { screen, lines } = virtualTerminal({ live: false, interactive: false });
  screen.show(["state"]);
  screen.say("said");
  assertEquals(await screen.ask("Really? "), undefined);
  screen.close();
  assertEquals(lines(), ["said"]);
});
