import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type EngineChoice, startEngine } from "../../../src/engine/start_engine.ts";
import { testWith } from "../../require.ts";

Deno.test("wasm starts with the threads that were asked for", async () => {
  for (const threads of [1, 3]) {
    const { engine, description, reason } = await startEngine("wasm", { threads });
    assertEquals([engine.backend, engine.description, reason], ["wasm", description, "asked for"]);
    assertMatch(description, new RegExp(`^WebAssembly, (relaxed )?SIMD, ${threads} threads?$`));
    engine.dispose();
  }
});

/** Starts `choice` in a process that ends by SIGKILL: a process that used the software adapter may abort on its exit. */
async function startElsewhere(choice: EngineChoice): Promise<{ backend: string; description: string; reason: string }> {
  const module = new URL("../../../src/engine/start_engine.ts", import.meta.url);
  const directory = await Deno.makeTempDir();
  try {
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        "--config",
        new URL("../../../deno.json", import.meta.url).pathname,
        `const { startEngine } = await import("${module}");
         const { engine, description, reason } = await startEngine("${choice}");
         console.log(JSON.stringify({ backend: engine.backend, description, reason }));
         Deno.kill(Deno.pid, "SIGKILL");`,
      ],
      cwd: directory,
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    const [line] = decoder.decode(stdout).split("\n");
    if (!line) throw new Error(decoder.decode(stderr));
    return JSON.parse(line);
  } finally {
    await Deno.remove(directory);
  }
}

Deno.test("wasm starts from any working directory", async () => {
  assertEquals((await startElsewhere("wasm")).backend, "wasm");
});

await testWith({
  name: "auto takes WebGPU on a real GPU only",
  needs: "vulkan",
  fn: async () => {
    const auto = await startElsewhere("auto");
    if (auto.backend === "wasm") assertMatch(auto.reason, /^no GPU, only the software adapter \S/);
    else assertEquals([auto.backend, auto.reason], ["webgpu", "a GPU is here"]);
  },
});

await testWith({
  name: "webgpu asked for by name starts on any adapter and names it",
  needs: "vulkan",
  fn: async () => {
    const { backend, description, reason } = await startElsewhere("webgpu");
    assertEquals([backend, reason], ["webgpu", "asked for"]);
    assertMatch(description, /\S/);
  },
});

Deno.test("an unknown backend is refused with what is allowed", async () => {
  await assertRejects(
    () => startEngine("cpu" as EngineChoice),
    RangeError,
    "backend must be auto, wasm or webgpu, got cpu",
  );
});

/** Runs `body` where `navigator.gpu` is `gpu`. */
async function withGpu(gpu: unknown, body: () => Promise<void>): Promise<void> {
  const original = Object.getOwnPropertyDescriptor(navigator, "gpu") ??
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(navigator), "gpu");
  Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  try {
    await body();
  } finally {
    Reflect.deleteProperty(navigator, "gpu");
    if (original && !("gpu" in navigator)) Object.defineProperty(navigator, "gpu", original);
  }
}

async function assertAutoTakesWasm(because: string): Promise<void> {
  const { engine, reason } = await startEngine("auto");
  assertEquals([engine.backend, reason], ["wasm", because]);
  engine.dispose();
}

Deno.test("webgpu asked for where there is no adapter fails and says why, auto takes wasm", () =>
  withGpu(undefined, async () => {
    await assertRejects(
      () => startEngine("webgpu"),
      Error,
      "webgpu was asked for, but this machine has no WebGPU adapter",
    );
    await assertAutoTakesWasm("no GPU: no WebGPU adapter");
  }));

Deno.test("a GPU that gives no device fails where asked for by name, and auto takes wasm and says why", async () => {
  const asked: unknown[] = [];
  const info = { description: "", vendor: "acme", architecture: "", device: "GPU 7", isFallbackAdapter: false };
  const adapter = { info, limits: {}, requestDevice: () => Promise.reject(new Error("out of memory")) };
  const requestAdapter = (options: unknown) => {
    asked.push(options);
    return Promise.resolve(adapter);
  };
  await withGpu({ requestAdapter }, async () => {
    const failure = "WebGPU failed on acme GPU 7: out of memory";
    await assertRejects(() => startEngine("webgpu"), Error, failure);
    await assertAutoTakesWasm(failure);
  });
  assertEquals(asked, [{ powerPreference: "high-performance" }, { powerPreference: "high-performance" }]);
});

Deno.test("a driver that fails at once fails where asked for by name, and auto takes wasm and says why", () =>
  withGpu({ requestAdapter: () => Promise.reject(new Error("driver crashed")) }, async () => {
    await assertRejects(() => startEngine("webgpu"), Error, "driver crashed");
    await assertAutoTakesWasm("WebGPU failed on the search for an adapter: driver crashed");
  }));
