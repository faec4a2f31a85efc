import { assert, assertEquals, assertThrows } from "@std/assert";
import { createLocalDevice } from "../../devices/local.ts";
import { measurementSchema } from "../../src/schemas/measurement.ts";
import { tinyArchitecture } from "./tiny_architecture.ts";

const job = { architecture: tinyArchitecture, runtime: "tfjs-wasm" as const, seed: 3 };

Deno.test("this machine times a network, and once more after its process was killed in the middle", async () => {
  const device = createLocalDevice("tfjs-wasm");
  try {
    const first = await device.measure(job);
    assertEquals(measurementSchema.parse(first), first);
    assertEquals([first.valid, first.device], [true, device.describe()]);
    assert(first.outputDifference < 1e-4 && first.samplesMs.length > 100);

    const measuring = device.measure(job);
    const pid = device.pid();
    assert(pid !== undefined);
    // In the middle: a measurement takes more than a second.
    await new Promise((resolve) => setTimeout(resolve, 300));
    Deno.kill(pid, "SIGKILL");
    const second = await measuring;
    assertEquals(second.valid, true);
    assert(device.pid() !== pid);
    assertEquals(second.outputDifference, first.outputDifference);
  } finally {
    await device.close();
    await device.close();
  }
});

Deno.test("this machine refuses the runtimes of browsers", () => {
  assertThrows(() => createLocalDevice("tfjs-webgl"), RangeError, 'Device "here" times tfjs-wasm only, not tfjs-webgl');
});
