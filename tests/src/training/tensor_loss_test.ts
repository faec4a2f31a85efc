import { assertEquals } from "@std/assert";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { testWith } from "../../require.ts";
import { tensorLossCases } from "./tensor_loss_cases.ts";
import { outcomesOnWebGpu } from "./tensor_loss_process.ts";

for (const { name, fn } of tensorLossCases) {
  Deno.test(`wasm: ${name}`, async () => {
    const engine = await startWasmEngine();
    await fn(engine);
    engine.dispose();
  });
}

await testWith({
  name: "webgpu: losses written in tfjs, on the network's own device",
  needs: "vulkan",
  fn: async () => {
    const outcomes = await outcomesOnWebGpu();
    assertEquals([...outcomes], tensorLossCases.map(({ name }) => [name, null]));
  },
});
