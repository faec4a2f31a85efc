import { assert, assertEquals, assertRejects } from "@std/assert";
import { createLocalDevice } from "../../devices/local.ts";
import { prepareNetworks } from "../../devices/models/prepare.ts";
import { createReference } from "../../devices/reference.ts";
import { measurementSchema, type Model } from "../../src/schemas/measurement.ts";
import { tinyArchitecture } from "./tiny_architecture.ts";

const tiny: Model = {
  name: "tiny",
  source: { kind: "architecture", architecture: tinyArchitecture, seed: 3 },
  input: { shape: [1, 8, 8, 1], seed: 1, channelsFirst: false },
};

async function withDevice(fn: (device: ReturnType<typeof createLocalDevice>) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir();
  const reference = createReference();
  const device = createLocalDevice({
    prepare: (models, runtime) => prepareNetworks(models, runtime, { dataDir, files: new Map(), reference }),
    nominals: { get: () => undefined, set: () => {} },
  });
  try {
    await fn(device);
  } finally {
    await device.close();
    await device.close();
    await reference.close();
    await Deno.remove(dataDir, { recursive: true });
  }
}

for (const runtime of ["tfjs-wasm", "onnxruntime-wasm"] as const) {
  Deno.test(`this machine times a network on ${runtime} beside the references, in a process of its own`, () =>
    withDevice(async (device) => {
      const pids = new Set<number>();
      const activities: string[] = [];
      const [outcome] = await device.measure({ models: [tiny], runtime, profile: "fast" }, {
        onProgress({ activity }) {
          activities.push(activity);
          const pid = device.pid();
          if (pid !== undefined) pids.add(pid);
        },
      });
      assert("measurement" in outcome, JSON.stringify(outcome));
      const { measurement } = outcome;
      assertEquals(measurementSchema.parse(measurement), measurement);
      assertEquals([measurement.device, measurement.runtime], [device.describe(), runtime]);
      assert(measurement.outputDifference < 1e-4);
      assert(measurement.loads[0].samplesMs.length >= 30 && measurement.ratio < 1);
      assert(activities.includes("warming up"));
      // One process for the load and each time that it was run again, as on a busy machine; all gone by now.
      assertEquals([pids.size, device.pid()], [1 + measurement.repeatedLoads.length, undefined]);
      for (const pid of pids) assertEquals(await Deno.stat(`/proc/${pid}`).catch(() => null), null);
    }));
}

Deno.test("this machine refuses the runtimes of browsers", () =>
  withDevice(async (device) => {
    await assertRejects(
      () => device.measure({ models: [tiny], runtime: "tfjs-webgl", profile: "fast" }),
      Error,
      'device "here" times tfjs-wasm, onnxruntime-wasm, tfjs-webgpu, onnxruntime-webgpu, not tfjs-webgl',
    );
  }));

Deno.test("closing this machine's device ends its session", () =>
  withDevice(async (device) => {
    const measuring = device.measure({ models: [tiny], runtime: "tfjs-wasm", profile: "certified" }, {
      onProgress: ({ activity }) => void (activity === "warming up" && device.close()),
    });
    await assertRejects(() => measuring, Error, 'device "here" is closed');
    assertEquals(device.pid(), undefined);
    await assertRejects(
      () => device.measure({ models: [tiny], runtime: "tfjs-wasm", profile: "fast" }),
      Error,
      "is closed",
    );
  }));
