// What needs no library to be started. The runtimes of browsers are tested in browsers: tests/e2e.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { concatenate } from "../../../devices/runtimes/concatenate.ts";
import { withinDeadline } from "../../../devices/runtimes/deadline.ts";
import { requestGpuAdapter } from "../../../devices/runtimes/gpu_adapter.ts";
import { start as onnxruntime } from "../../../devices/runtimes/onnxruntime.ts";
import { oneLine } from "../../../devices/runtimes/one_line.ts";
import { runtimeFamilies } from "../../../devices/runtimes/table.ts";
import { start as tfjs } from "../../../devices/runtimes/tfjs.ts";
import { startWithThreads } from "../../../devices/runtimes/tfjs_wasm_threads.ts";
import { runtimeSchema } from "../../../src/schemas/measurement.ts";

Deno.test("every runtime is in the module of its family", () => {
  const modules = { tfjs, onnxruntime };
  for (const name of runtimeSchema.options) {
    assert(Object.hasOwn(modules[runtimeFamilies[name]], name), `${name} is not in ${runtimeFamilies[name]}`);
  }
});

Deno.test("tfjs with threads refuses where there is one thread only, and says why", async () => {
  const host = { clock: () => performance.now(), modelFile: () => Promise.reject(new Error("no file")) };
  await assertRejects(() => tfjs["tfjs-wasm-threads"](host), Error, "they need a browser");
  const files = "http://127.0.0.1/runtimes/";
  await assertRejects(() => startWithThreads(files), Error, "this page is not isolated from others");
  const processors = Object.getOwnPropertyDescriptor(Navigator.prototype, "hardwareConcurrency");
  assert(processors);
  Object.defineProperty(globalThis, "crossOriginIsolated", { value: true, configurable: true });
  Object.defineProperty(Navigator.prototype, "hardwareConcurrency", { get: () => 3, configurable: true });
  try {
    await assertRejects(() => startWithThreads(files), Error, "this device shows 3 to its pages");
  } finally {
    Object.defineProperty(Navigator.prototype, "hardwareConcurrency", processors);
    Reflect.deleteProperty(globalThis, "crossOriginIsolated");
  }
});

Deno.test("a browser without WebGPU is told from a page that is not on https", async () => {
  const gpu = Object.getOwnPropertyDescriptor(Navigator.prototype, "gpu");
  Object.defineProperty(Navigator.prototype, "gpu", { value: undefined, configurable: true });
  try {
    await assertRejects(() => requestGpuAdapter("tfjs webgpu"), Error, "this browser has no WebGPU");
    Object.defineProperty(globalThis, "isSecureContext", { value: false, configurable: true });
    await assertRejects(() => requestGpuAdapter("tfjs webgpu"), Error, "not on https, so the browser hides the GPU");
  } finally {
    Reflect.deleteProperty(globalThis, "isSecureContext");
    if (gpu) Object.defineProperty(Navigator.prototype, "gpu", gpu);
    else Reflect.deleteProperty(Navigator.prototype, "gpu");
  }
});

Deno.test("concatenate() puts outputs of all types one after the other, and copies no single one", () => {
  const single = Float32Array.of(1, 2);
  assertEquals(concatenate([single]) === single, true);
  assertEquals(
    concatenate([single, Int32Array.of(3), BigInt64Array.of(4n), new Uint8Array()]),
    Float32Array.of(1, 2, 3, 4),
  );
  assertEquals(concatenate([BigInt64Array.of(7n)]), Float32Array.of(7));
});

Deno.test("oneLine() makes one short line of whatever was thrown", () => {
  assertEquals(oneLine(new Error("two\n  lines")), "two lines");
  assertEquals(oneLine({ message: "a plain object" }), "a plain object");
  assertEquals(oneLine(undefined), "undefined");
  assertEquals(oneLine(new Error("")), "unknown error");
  assertEquals(oneLine("x".repeat(1000)).length, 300);
});

Deno.test("withinDeadline() gives up on what never answers", async () => {
  assertEquals(await withinDeadline("it", 1000, Promise.resolve(3)), 3);
  await assertRejects(
    () => withinDeadline("it", 20, new Promise(() => {})),
    Error,
    "Cannot start it: no answer within 0.02 s",
  );
});
