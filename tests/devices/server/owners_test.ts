import { assertEquals } from "@std/assert";
import { createOwners } from "../../../devices/server/owners.ts";

Deno.test("a program that is no longer heard of shares the hub no more, and its temporary pairings end", () => {
  let at = 0;
  const ended: string[] = [];
  const owners = createOwners({ fleet: { removeOwned: (owner) => ended.push(owner) }, now: () => at });
  try {
    assertEquals(owners.any(), false);
    owners.heard("program-1");
    owners.heard("program-2");
    at = 120_000;
    owners.heard("program-2");
    at = 181_000;
    assertEquals([owners.any(), ended], [true, ["program-1"]]);
    at = 301_000;
    assertEquals([owners.any(), ended], [false, ["program-1", "program-2"]]);
    owners.heard("program-3");
    owners.end("program-3");
    assertEquals([owners.any(), ended.at(-1)], [false, "program-3"]);
  } finally {
    owners.close();
  }
});
