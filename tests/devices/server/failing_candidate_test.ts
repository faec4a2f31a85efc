import { assertEquals } from "@std/assert";
import { resultOf } from "../../../devices/server/await_job.ts";
import { judge } from "../../../devices/protocol/judge.ts";
import { withServer } from "./server_fixture.ts";
import { sampleRequest } from "../../../bench/device_server/sample_load.ts";
import { simulatedLoad } from "../protocol/simulated_device.ts";

/** A request of two candidates. */
function request() {
  const one = sampleRequest(3);
  return { ...one, networks: [...one.networks, one.networks[2]] };
}

for (const failsAt of [50, 1500, Infinity]) {
  Deno.test(`the hub takes a load whose candidate fails at its inference ${failsAt}`, () =>
    withServer(async (server) => {
      const device = await server.pairDevice("phone");
      const job = server.order("phone", { request: request() });
      const lease = await device.lease();
      let sequence = 0;
      const failing = (_nowMs: number, run: number) => {
        if (run >= failsAt) throw new Error("out of memory");
        return 0.5;
      };
      const { report } = await simulatedLoad([failing, () => 1], {
        request: lease.request,
        hooks: {
          async onRounds(rounds) {
            // The simulated clock is ahead of the server's.
            server.wait(10_000);
            assertEquals((await device.sendChunk(lease, { sequence: sequence++, rounds })).status, 200);
          },
        },
      });
      const outcome = { outcome: "measured" as const, report };
      assertEquals((await device.sendReport(lease, { chunks: sequence, outcome })).status, 200);
      const raw = resultOf(server.fleet, job, "phone");
      const { candidates } = judge({
        device: { name: "phone", kind: "browser", description: "a browser" },
        runtime: "tfjs-wasm",
        profile: "fast",
        models: lease.request.networks.slice(2),
        expected: [[1, -2, 3], [1, -2, 3], [1, -2, 3], [1, -2, 3]],
        loads: [{ raw, elapsedMs: 60_000 }],
        measuredAt: new Date(),
      });
      assertEquals(candidates.map((one) => "error" in one ? one.error : one.measurement.valid), [
        failsAt < Infinity ? "out of memory" : true,
        true,
      ]);
    }));
}

Deno.test("the hub takes no rounds that grow", () =>
  withServer(async (server) => {
    const device = await server.pairDevice("phone");
    server.order("phone", { request: request() });
    const lease = await device.lease();
    const send = async (sequence: number, ...rounds: number[][]) =>
      (await device.sendChunk(lease, { sequence, rounds })).status;
    assertEquals(await send(0, [1, 1, 1, 1, 1]), 409);
    assertEquals(await send(0, [1, 1, 1, 1], [1, 1, 1]), 200);
    assertEquals(await send(1, [1, 1, 1, 1]), 409);
    assertEquals(await send(1, [1, 1, 1], [1, 1, 1, 1]), 409);
    assertEquals(await send(1, [1, 1, 1]), 200);
  }));
