import { assert, assertEquals, assertRejects } from "@std/assert";
import { openCalibration } from "../../../bench/claims/calibration.ts";
import { targetShares } from "../../../bench/claims/claim.ts";
import { drawStudents } from "../../../bench/claims/drawn_students.ts";
import { calibrationStudents, Latencies, outliers } from "../../../bench/claims/latencies.ts";
import { scaledReference, uniformKinds, uniformNetworks } from "../../../bench/claims/uniform_networks.ts";
import { countMultiplyAdds } from "../../../src/ops/layout.ts";
import { type Architecture, architectureHash } from "../../../src/schemas/architecture.ts";
import { createSpace } from "../../../src/spaces/table.ts";

const io = { height: 28, width: 28, channels: 1, classes: 10 };
const students = 40;

/** Latencies as if measured: a base, so much per operator, and per multiply-add. */
function latencyMs(architecture: Architecture): number {
  return 0.05 + 0.008 * architecture.nodes.length + countMultiplyAdds(architecture) / 4e7;
}

function writeLatencies(folder: string, of: (architecture: Architecture) => number): void {
  const lines = calibrationStudents(io, students).map((architecture) =>
    JSON.stringify({
      key: architectureHash(architecture),
      type: "measured",
      device: { name: "here", kind: "process", description: "a machine" },
      runtime: "tfjs-wasm",
      backend: "wasm",
      latencyMs: of(architecture),
      relativeLow: 0.97,
      relativeHigh: 1.03,
      measuredAt: "2026-11-21T00:00:00Z",
      // Measured twice: nothing is measured by these tests.
      again: true,
    })
  );
  Deno.writeTextFileSync(`${folder}/latencies.jsonl`, `${lines.join("\n")}\n`);
}

const open = (folder: string, count = students) =>
  openCalibration(folder, { io, latencies: new Latencies({ folder, log: () => {} }), students: count });

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("targets are kept by their shares of evenly drawn students, and by what searches are compared with", async () => {
  await inFolder(async (folder) => {
    writeLatencies(folder, latencyMs);
    const { foresee, targetMs } = await open(folder);
    const drawn = drawStudents(createSpace("mnas", io), { count: 500, name: "test" });
    for (const share of targetShares) {
      const limits = { latencyMs: foresee, targetMs: targetMs(share) };
      const kept = drawn.filter((one) => foresee(one) <= limits.targetMs).length / drawn.length;
      assert(Math.abs(kept - share) < 0.07, `${kept} of the students keep the target of ${share}`);
      assert(scaledReference(createSpace("mnas", io), limits) !== undefined);
      assertEquals(uniformNetworks(createSpace("mnas-uniform", io), limits).length, uniformKinds);
    }
  });
});

Deno.test("a bad measurement of the reference network moves neither targets nor what the reference takes by much", async () => {
  const reference = architectureHash(createSpace("mnas", io).reference(1));
  await inFolder(async (good) => {
    writeLatencies(good, latencyMs);
    const expected = await open(good);
    await inFolder(async (bad) => {
      writeLatencies(bad, (one) => latencyMs(one) * (architectureHash(one) === reference ? 0.8 : 1));
      const calibration = await open(bad);
      for (const share of targetShares) {
        assert(Math.abs(calibration.targetMs(share) / expected.targetMs(share) - 1) < 0.02);
      }
      assert(Math.abs(calibration.referenceMs / expected.referenceMs - 1) < 0.1);
    });
  });
});

Deno.test("a calibration is kept as it was, whatever is measured later, and is for one number of students", async () => {
  await inFolder(async (folder) => {
    writeLatencies(folder, latencyMs);
    const { foresee, targets } = await open(folder);
    writeLatencies(folder, (one) => 2 * latencyMs(one));
    const again = await open(folder);
    assertEquals(again.targets, targets);
    const [one] = drawStudents(createSpace("mnas", io), { count: 1, name: "test" });
    assertEquals(again.foresee(one), foresee(one));
    await assertRejects(() => open(folder, 41), Error, "choose another --folder");
    Deno.writeTextFileSync(`${folder}/calibration.json`, "{}");
    await assertRejects(() => open(folder), Error, "is not a calibration");
  });
});

Deno.test("outliers are three times as far as the root mean square", () => {
  const errors = Array.from({ length: 40 }, (_, index) => index % 2 === 0 ? 0.01 : -0.01);
  assertEquals(outliers(errors).includes(true), false);
  assertEquals(outliers([...errors, -0.2]).indexOf(true), 40);
});
