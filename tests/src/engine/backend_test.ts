import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { type BackendChoice, startBackend } from "../../../src/engine/backend.ts";
import { testWith } from "../../require.ts";
import { onWebGpu } from "./webgpu_process.ts";

Deno.test("wasm starts under its name with our kernels, and starting it again is harmless", async () => {
  for (let time = 0; time < 2; time++) {
    const started = await startBackend("wasm");
    assertEquals([started.name, started.reason, tf.getBackend()], ["wasm", "asked for", "wasm"]);
    assertMatch(started.description, /^WebAssembly, (relaxed )?SIMD, 1 thread$/);
  }
  assertEquals(tf.getKernel(tf.DepthwiseConv2dNativeBackpropFilter, "wasm")?.backendName, "wasm");
});

Deno.test("cpu starts when asked for by name", async () => {
  assertEquals((await startBackend("cpu")).name, "cpu");
  assertEquals(tf.getBackend(), "cpu");
});

await testWith({
  name: "auto takes WebGPU on a real GPU only, never the cpu backend",
  needs: "vulkan",
  fn: async () => {
    const { auto } = await onWebGpu();
    if (auto.name === "wasm") assertMatch(auto.reason, /^no GPU/);
    else assertEquals([auto.name, auto.reason], ["webgpu", "a GPU is here"]);
  },
});

Deno.test("wasm starts from any working directory", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        "--config",
        new URL("../../../deno.json", import.meta.url).pathname,
        `const { startBackend } = await import("${new URL("../../../src/engine/backend.ts", import.meta.url)}");
         console.log((await startBackend("wasm")).name);`,
      ],
      cwd: directory,
    }).output();
    assertEquals([code, new TextDecoder().decode(stdout)], [0, "wasm\n"], new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(directory);
  }
});

Deno.test("an unknown backend is refused with what is allowed", async () => {
  await assertRejects(
    () => startBackend("webgl" as BackendChoice),
    RangeError,
    "backend must be auto, wasm, webgpu or cpu, got webgl",
  );
});

Deno.test("webgpu asked for where there is no adapter fails and says why", async () => {
  const original = Object.getOwnPropertyDescriptor(navigator, "gpu") ??
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(navigator), "gpu");
  Object.defineProperty(navigator, "gpu", { value: undefined, configurable: true });
  try {
    await assertRejects(
      () => startBackend("webgpu"),
      Error,
      "webgpu was asked for, but this machine has no WebGPU adapter",
    );
    assertEquals((await startBackend("auto")).reason, "no GPU: no WebGPU adapter");
  } finally {
    Reflect.deleteProperty(navigator, "gpu");
    if (original && !("gpu" in navigator)) Object.defineProperty(navigator, "gpu", original);
  }
});

await testWith({
  name: "webgpu asked for by name starts on any adapter and names it",
  needs: "vulkan",
  fn: async () => {
    const { named } = await onWebGpu();
    assertEquals([named.name, named.current], ["webgpu", "webgpu"]);
    assertMatch(named.description, /\S/);
  },
});
