import { assertEquals, assertRejects } from "@std/assert";
import { createLocalLoads } from "../../devices/local_load.ts";
import { type LoadRequest, PROTOCOL } from "../../src/schemas/measurement.ts";
import { loadReport, orders, rounds } from "./load_report.ts";

const script = new URL("load_child.ts", import.meta.url);

function request(seed: number): LoadRequest {
  return { protocol: PROTOCOL, runtime: "tfjs-wasm", profile: "fast", seed, load: 0, loads: 1, networks: [] };
}

async function run(seed: number, { silenceMs = 30_000, signal }: { silenceMs?: number; signal?: AbortSignal } = {}) {
  const folder = await Deno.makeTempDir();
  const activities: string[] = [];
  const loads = createLocalLoads({ script, silenceMs });
  try {
    const raw = await loads.runLoad(request(seed), {
      signal,
      onActivity: (activity) => activities.push(activity),
      files: new Map([["marker", `${folder}/marker`]]),
    });
    return { raw, activities };
  } finally {
    assertEquals(loads.pid(), undefined);
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a load gives its report and all its rounds, in order, and may take longer than it may be silent", async () => {
  const { raw, activities } = await run(orders.measure, { silenceMs: 5000 });
  assertEquals(raw, { report: loadReport, rounds });
  assertEquals(activities, ["warming up"]);
});

Deno.test("a load whose process died is run once more, without the rounds of the first time", async () => {
  const { raw, activities } = await run(orders.dieOnce);
  assertEquals(raw.rounds, rounds);
  assertEquals(activities, [
    "warming up",
    "starts again, as its process ended with code 7: no message",
    "warming up",
  ]);
});

Deno.test("a load whose process always dies, hangs, fails or lies is an error that names the device", async () => {
  await assertRejects(() => run(orders.die), Error, 'device "here": its process ended with code 7');
  await assertRejects(() => run(orders.hang, { silenceMs: 1500 }), Error, 'device "here": no answer within 1.5 s');
  await assertRejects(() => run(orders.fail), Error, 'device "here": no such kernel');
  await assertRejects(
    () => run(orders.lie),
    Error,
    'device "here": what its process reports is not a load, report.rounds: ',
  );
});

Deno.test("an aborted load ends its process at once, with the signal's reason", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 300);
  // The child would answer after a minute.
  const error = await assertRejects(() => run(orders.hang, { signal: controller.signal }));
  assertEquals(error, reason);
  assertEquals(await assertRejects(() => run(orders.measure, { signal: controller.signal })), reason);
});
