import { startWasmEngine } from "../../../../src/engine/wasm/engine.ts";
import { networkContract } from "../../../contracts/network_contract.ts";

for (const [variant, threads] of [["relaxed", 1], ["simd", 1], ["relaxed", 3]] as const) {
  networkContract(`wasm, ${variant}, threads: ${threads}`, { start: () => startWasmEngine({ variant, threads }) });
}
