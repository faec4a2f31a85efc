// Random numbers by their place alone, so that the backward pass finds those of the forward pass again.
import { type NetworkMemory, stateStruct } from "../network_memory.ts";
import type { Shader } from "../shader.ts";

/**
 * Declares `keep_factor(index) -> f32`: 0 at `rate`, else 1 / (1 - rate), by the seed, the number of the step, and the
 * node (PCG of Jarzynski & Olano 2020, "Hash functions for GPU rendering").
 */
export function declareKeepFactor(shader: Shader, memory: NetworkMemory, node: number, rate: number): void {
  shader.code(stateStruct);
  shader.uniform("state", memory.state, "State");
  shader.size("node", node);
  shader.size("rate", rate, "f32");
  shader.code(`fn hash(value: u32) -> u32 {
  let state = value * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}
fn keep_factor(index: u32) -> f32 {
  let random = hash(index + hash(sizes.node + hash(state.step + hash(state.seed))));
  // 24 bits, which a float holds exactly.
  return select(1.0 / (1.0 - sizes.rate), 0.0, f32(random >> 8u) * 0x1p-24f < sizes.rate);
}`);
}
