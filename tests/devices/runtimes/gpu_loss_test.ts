import { assertEquals, assertRejects } from "@std/assert";
import { blameLoss } from "../../../devices/runtimes/gpu_loss.ts";
import type { MeasuredNetwork } from "../../../src/schemas/measurement.ts";
import { tinyArchitecture } from "../tiny_architecture.ts";

const network: MeasuredNetwork = {
  source: { kind: "architecture", architecture: tinyArchitecture, seed: 1 },
  input: { shape: [1, 8, 8, 1], seed: 1, channelsFirst: false },
};

function failing() {
  const { promise: lost, resolve: lose } = Promise.withResolvers<string>();
  let fails = false;
  const runtime = blameLoss({
    backend: "test",
    softwareAdapter: false,
    settings: {},
    lost,
    build: () =>
      Promise.resolve({
        cold: { downloadMs: 0, buildMs: 0 },
        infer: () => fails ? Promise.reject(new Error("mapping failed")) : Promise.resolve(Float32Array.of(1)),
        dispose() {},
      }),
  });
  return { runtime, lose, fail: () => fails = true };
}

Deno.test("an inference that fails by itself keeps its own reason", async () => {
  const { runtime, fail } = failing();
  const running = await runtime.build(network);
  assertEquals([...await running.infer()], [1]);
  fail();
  await assertRejects(() => running.infer(), Error, "mapping failed");
});

Deno.test("an inference that fails as the GPU is lost says that, once the loss is known", async () => {
  const { runtime, lose, fail } = failing();
  const running = await runtime.build(network);
  fail();
  setTimeout(() => lose("the browser lost the GPU"), 50);
  await assertRejects(() => running.infer(), Error, "the browser lost the GPU");
});
