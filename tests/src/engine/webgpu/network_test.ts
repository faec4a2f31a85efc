// The contract of networks, and what only the WebGPU engine promises, on whatever adapter there is.
import { assert } from "@std/assert";
import { networkCases } from "../../../contracts/network_contract.ts";
import { testWith } from "../../../require.ts";
import { outcomesOnWebGpu, ownCases } from "./process.ts";

for (const { name } of [...networkCases, ...ownCases]) {
  await testWith({
    name: `webgpu: ${name}`,
    needs: "vulkan",
    fn: async () => {
      const outcomes = await outcomesOnWebGpu();
      const error = outcomes.get(name);
      assert(error !== undefined, `the WebGPU process ended before this case, after ${outcomes.size} others`);
      assert(error === null, error ?? "");
    },
  });
}
