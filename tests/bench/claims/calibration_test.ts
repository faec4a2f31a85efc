import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { openCalibration } from "../../../bench/claims/calibration.ts";
import { targetShares } from "../../../bench/claims/claim.ts";
import { drawStudents } from "../../../bench/claims/drawn_students.ts";
import { calibrationStudents, foresightError, Latencies, type OpenSource } from "../../../bench/claims/latencies.ts";
import { scaledReference, uniformKinds, uniformNetworks } from "../../../bench/claims/uniform_networks.ts";
import { countMultiplyAdds } from "../../../src/ops/layout.ts";
import { type Architecture, architectureHash } from "../../../src/schemas/architecture.ts";
import type { Measurement } from "../../../src/schemas/measurement.ts";
import { createSpace } from "../../../src/spaces/table.ts";

const io = { height: 28, width: 28, channels: 1, classes: 10 };
const students = 40;

/** Latencies as if measured: a base, so much per operator, and per multiply-add. */
function latencyMs(architecture: Architecture): number {
  return 0.05 + 0.008 * architecture.nodes.length + countMultiplyAdds(architecture) / 4e7;
}

const machine = { device: { name: "here", kind: "process" as const, description: "a machine" }, backend: "wasm" };
const other = { ...machine, device: { ...machine.device, description: "another machine" } };

function writeLatencies(
  folder: string,
  of: (architecture: Architecture) => number,
  architectures = calibrationStudents(io, students),
  on = machine,
): void {
  const lines = architectures.map((architecture) =>
    JSON.stringify({
      key: architectureHash(architecture),
      type: "measured",
      ...on,
      runtime: "tfjs-wasm",
      latencyMs: of(architecture),
      relativeLow: 0.97,
      relativeHigh: 1.03,
      measuredAt: "2026-11-21T00:00:00Z",
      // Measured twice: not measured again.
      again: true,
    })
  );
  Deno.writeTextFileSync(`${folder}/latencies.jsonl`, `${lines.join("\n")}\n`);
}

/** Measures on `on` what `of` says, "failed" where that is null; `asked` are the networks, in order. */
function measuring(of: (architecture: Architecture) => number | null, on = machine) {
  const asked: Architecture[] = [];
  const measured = (latencyMs: number) => {
    const rest = {
      runtime: "tfjs-wasm",
      ratio: 1,
      ratioLow: 0.97,
      ratioHigh: 1.03,
      measuredAt: "2026-11-21T00:00:00Z",
    };
    return { ...on, ...rest, latencyMs } as Measurement;
  };
  const openSource = (): Promise<OpenSource> =>
    Promise.resolve({
      close: () => Promise.resolve(),
      source: {
        measure: (architectures) => ({
          quiet: Promise.resolve(),
          outcomes: architectures.map((architecture) => {
            asked.push(architecture);
            const latencyMs = of(architecture);
            return Promise.resolve(
              latencyMs === null ? { error: "failed" } : { measurements: [measured(latencyMs)] },
            );
          }),
        }),
      },
    });
  return { asked, openSource };
}

const quiet = { log: () => {} };
const reportedStudents = drawStudents(createSpace("mnas", io), { count: 5, name: "reported" });
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

Deno.test("once there is a calibration, nothing is measured on or read from another machine", async () => {
  await inFolder(async (folder) => {
    writeLatencies(folder, latencyMs);
    await open(folder);
    const message =
      'has latencies of "a machine, tfjs-wasm, wasm", not of "another machine, tfjs-wasm, wasm": choose ' +
      "another --folder";
    const elsewhere = measuring(latencyMs, other);
    const latencies = new Latencies({ folder, ...quiet, ...elsewhere });
    await openCalibration(folder, { io, latencies, students });
    await assertRejects(() => latencies.measure(reportedStudents), Error, message);
    assertEquals(latencies.missing(reportedStudents).length, reportedStudents.length, "nothing of it is kept");
    const otherBackend = measuring(latencyMs, { ...machine, backend: "wasm, threads" });
    const threaded = new Latencies({ folder, ...quiet, ...otherBackend });
    await openCalibration(folder, { io, latencies: threaded, students });
    await assertRejects(() => threaded.measure(reportedStudents), Error, "choose another --folder");
    // Measured before, when nothing noticed.
    writeLatencies(folder, latencyMs, reportedStudents, other);
    const mixed = new Latencies({ folder, ...quiet });
    await openCalibration(folder, { io, latencies: mixed, students });
    assertThrows(() => mixed.of(reportedStudents[0]), Error, message);
  });
});

Deno.test("reported students far from what is foreseen are measured once more, and the second latency counts", async () => {
  await inFolder(async (folder) => {
    // A spread of 2 % that no model explains.
    const noisyMs = (one: Architecture) => latencyMs(one) * (parseInt(architectureHash(one)[0], 16) < 8 ? 0.98 : 1.02);
    writeLatencies(folder, noisyMs);
    const [disturbed, failing] = reportedStudents;
    let first = true;
    const source = measuring((one) => {
      if (one !== disturbed && one !== failing) return latencyMs(one);
      if (first) return 1.5 * latencyMs(one);
      return one === failing ? null : latencyMs(one);
    });
    const latencies = new Latencies({ folder, ...quiet, ...source });
    const { error, foresee, measured } = await openCalibration(folder, { io, latencies, students });
    assert(error > 0.005 && error < 0.04, `${error}`);
    assertEquals(error, foresightError(measured, foresee));
    await latencies.measure(reportedStudents);
    assertEquals(latencies.of(disturbed)?.latencyMs, 1.5 * latencyMs(disturbed));
    first = false;
    source.asked.length = 0;
    await latencies.measureOutliersAgain([...reportedStudents, disturbed], { error, foresee });
    assertEquals(source.asked, [disturbed, failing]);
    assertEquals(latencies.of(disturbed)?.latencyMs, latencyMs(disturbed));
    assertEquals(latencies.of(failing)?.latencyMs, 1.5 * latencyMs(failing), "the first one stays");
    // Also when the command is given again.
    source.asked.length = 0;
    const later = new Latencies({ folder, ...quiet, ...source });
    await later.measureOutliersAgain([disturbed], { error: 1e-9, foresee });
    assertEquals(source.asked, []);
  });
});

Deno.test("a calibration that the budget ends is told, measures no more, and goes on with what is left", async () => {
  await inFolder(async (folder) => {
    const chosen = calibrationStudents(io, students);
    const source = measuring(latencyMs);
    const calibrate = (goOn: () => boolean) =>
      openCalibration(folder, { goOn, io, latencies: new Latencies({ folder, ...quiet, ...source }), students });
    await assertRejects(() => calibrate(() => false), Error, "40 of 40 are left; the same command goes on");
    assertEquals(source.asked.length, 0);
    // After two groups of eight.
    await assertRejects(() => calibrate(() => source.asked.length < 16), Error, "24 of 40 are left");
    assertEquals(source.asked.length, 16);
    await calibrate(() => true);
    assertEquals(source.asked.slice(0, students), chosen, "each once, but for those measured again");
  });
});

Deno.test("second measurements of a calibration end with the budget, too", async () => {
  await inFolder(async (folder) => {
    const [, , , , , , , , spoilt] = calibrationStudents(io, students);
    const source = measuring((one) => latencyMs(one) * (one === spoilt ? 3 : 1));
    const latencies = new Latencies({ folder, ...quiet, ...source });
    await latencies.measure(
      calibrationStudents(io, students).map((one) => architectureHash(one) === architectureHash(spoilt) ? spoilt : one),
    );
    const calibrate = (goOn: () => boolean) => openCalibration(folder, { goOn, io, latencies, students });
    await assertRejects(() => calibrate(() => false), Error, "some are left to be measured again");
    assertEquals(source.asked.length, students);
    await calibrate(() => true);
    assert(source.asked.length > students);
  });
});

Deno.test("networks of equal nodes for other images are foreseen apart", async () => {
  await inFolder(async (folder) => {
    writeLatencies(folder, latencyMs);
    const { foresee } = await open(folder);
    const [small] = reportedStudents;
    const large = { ...small, input: { ...small.input, height: 56, width: 56 } };
    assert(foresee(large) > 1.05 * foresee(small), `${foresee(large)} against ${foresee(small)}`);
  });
});
