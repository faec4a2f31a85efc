import { assert, assertEquals, assertMatch } from "@std/assert";
import { createAudit } from "../../../devices/server/audit.ts";
import { createRateLimit } from "../../../devices/server/rate_limit.ts";

Deno.test("the audit log is one line per event, turns over at 5 MB, and a flood of refusals does not fill it", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    const path = `${dataDir}/devices/audit.jsonl`;
    const lines = (file: string) => Deno.readTextFileSync(file).trim().split("\n").map((line) => JSON.parse(line));
    const audit = createAudit(dataDir);
    audit("paired", { device: "phone" });
    for (let times = 0; times < 1000; times++) audit("rejected request", { address: "10.0.0.1", reason: "no" });
    assertEquals(lines(path).map(({ event }) => event), ["paired"], "refusals push nothing else out");
    const rejected = lines(`${dataDir}/devices/rejected.jsonl`);
    // 50 each second, and the thousand may take some.
    assert(rejected.length >= 50 && rejected.length < 500, `${rejected.length} lines`);
    Deno.writeTextFileSync(path, `${JSON.stringify({ event: "started", reason: "x".repeat(4_999_900) })}\n`);
    const later = createAudit(dataDir);
    later("revoked", { device: "phone" });
    later("stopped");
    assertEquals(lines(path).map(({ event }) => event), ["revoked", "stopped"]);
    assertEquals(lines(`${dataDir}/devices/audit.1.jsonl`).map(({ event }) => event), ["started"]);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("a log that cannot be written is told of once, and what was to be logged goes on", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    const told: string[] = [];
    const audit = createAudit(dataDir, { log: (line) => told.push(line) });
    audit("started");
    Deno.removeSync(`${dataDir}/devices/audit.jsonl`);
    audit("paired", { device: "phone" });
    assertEquals(told, []);
    assertEquals(JSON.parse(Deno.readTextFileSync(`${dataDir}/devices/audit.jsonl`)).event, "paired");
    Deno.removeSync(`${dataDir}/devices`, { recursive: true });
    audit("revoked");
    audit("revoked");
    assertEquals(told.length, 1);
    assertMatch(told[0], /^the log of what devices were allowed cannot be written: No such file/);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("a bucket gives a burst, then as much as flows in, key by key", () => {
  let at = 0;
  const limit = createRateLimit({ burst: 3, perSecond: 2, now: () => at });
  const take = (key: string, times: number) => Array.from({ length: times }, () => limit(key));
  assertEquals(take("a", 4), [true, true, true, false]);
  assertEquals(take("b", 1), [true]);
  at += 1000;
  assertEquals(take("a", 3), [true, true, false]);
  at += 1_000_000;
  assertEquals(take("a", 4), [true, true, true, false]);
});
