// Brings values to ports, and the gradients that a loss has left there to values.
import type { Port } from "../../plan.ts";
import type { NetworkMemory } from "../network_memory.ts";
import { type Dispatch, Shader } from "../shader.ts";
import { readValue } from "../value_access.ts";
import { gather, gatherGradient, type Tiled } from "./elementwise.ts";

/** A gate is no activation: what ends with one is the same before and after. */
function takesBefore({ value, beforeActivation }: Port): boolean {
  return beforeActivation && value.gate === undefined;
}

export function extractPort(memory: NetworkMemory, port: Port): Dispatch {
  const { value, buffer } = port;
  const shader = new Shader("extract");
  readValue(shader, memory, "x", value, { before: takesBefore(port) });
  shader.code(`fn value_at(image: u32, pixel: u32, channel: u32) -> f32 {
  return load_x((image * sizes.pixels + pixel) * sizes.channels + channel, channel, image);
}`);
  return gather(shader, { target: memory.of(buffer), batchSize: memory.plan.batchSize, value }).dispatch;
}

export function injectPort(memory: NetworkMemory, port: Port, mode: "write" | "add", sums: boolean): Tiled {
  const { value, gradient } = port;
  if (gradient === undefined) throw new Error("a port without a gradient cannot be injected");
  const shader = new Shader("inject");
  shader.read("port_gradient", memory.of(gradient));
  shader.code(`fn gradient_at(image: u32, pixel: u32, channel: u32) -> f32 {
  return port_gradient[(image * sizes.pixels + pixel) * sizes.channels + channel];
}`);
  return gatherGradient(shader, memory, { value, mode, sums, before: takesBefore(port) });
}
