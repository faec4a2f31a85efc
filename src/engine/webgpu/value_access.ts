// WGSL that reads a value of the plan with its pending batch norm, activation and gate, and that writes its gradient.
import type { Activation } from "../../schemas/architecture.ts";
import type { GradientMode, Value } from "../plan.ts";
import type { NetworkMemory } from "./network_memory.ts";
import type { Shader } from "./shader.ts";

// By comparisons, since min and max may turn a NaN into a number.
const clamps: Record<Activation, string> = {
  none: "z",
  relu: "select(z, 0.0, z < 0.0)",
  relu6: "select(select(z, 0.0, z < 0.0), 6.0, z > 6.0)",
};

const insides: Record<Activation, string> = { none: "true", relu: "z > 0.0", relu6: "z > 0.0 && z < 6.0" };

/**
 * Declares `load_NAME(index, channel, image) -> f32`: the value at `index` of its raw output, after its activation and
 * gate, or without both where `before` is set.
 */
export function readValue(
  shader: Shader,
  memory: NetworkMemory,
  name: string,
  value: Value,
  { before = false }: { before?: boolean } = {},
): void {
  const { activation } = value;
  shader.read(`${name}_raw`, memory.of(value.raw));
  shader.size(`${name}_channels`, value.shape[2]);
  const lines = [`var z = ${name}_raw[index];`];
  if (value.coefficients !== undefined) {
    shader.read(`${name}_coefficients`, memory.of(value.coefficients));
    lines.push(`z = z * ${name}_coefficients[channel] + ${name}_coefficients[sizes.${name}_channels + channel];`);
  }
  if (!before) {
    if (activation !== "none") lines.push(`z = ${clamps[activation]};`);
    if (value.gate !== undefined) {
      shader.read(`${name}_gate`, memory.of(value.gate));
      lines.push(`z = z * ${name}_gate[image * sizes.${name}_channels + channel];`);
    }
  }
  shader.code(`fn load_${name}(index: u32, channel: u32, image: u32) -> f32 { ${lines.join(" ")} return z; }`);
}

/** Declares `load_gradient(index, channel) -> f32`: the gradient of the raw output of `value`. */
export function readOutputGradient(shader: Shader, memory: NetworkMemory, value: Value): void {
  shader.read("output_gradient", memory.gradientOf(value));
  if (value.coefficients === undefined) {
    shader.code("fn load_gradient(index: u32, channel: u32) -> f32 { return output_gradient[index]; }");
    return;
  }
  shader.read("output_raw", memory.of(value.raw));
  shader.read("factors", memory.factorsOf(value));
  shader.size("output_channels", value.shape[2]);
  shader.code(`fn load_gradient(index: u32, channel: u32) -> f32 {
  return factors[channel] * output_gradient[index]
    + factors[sizes.output_channels + channel] * output_raw[index] + factors[2u * sizes.output_channels + channel];
}`);
}

/**
 * Declares `store_gradient(index, channel, gradient) -> vec2<f32>`, which brings the gradient of `value` itself, or,
 * with `before`, of what its activation reads, to `value`'s gradient. Gives the terms of the sums that batch norm's
 * backward pass needs where `sums` is set, else zeros.
 */
export function writeGradient(
  shader: Shader,
  memory: NetworkMemory,
  value: Value,
  options: { mode: GradientMode; sums: boolean; before?: boolean },
): void {
  const { mode, sums, before = false } = options;
  const masks = !before && value.gate === undefined && value.activation !== "none";
  shader.write("target_gradient", memory.gradientOf(value));
  const lines = ["var g = gradient;"];
  if (masks || sums) {
    shader.read("target_raw", memory.of(value.raw));
    lines.push("let raw = target_raw[index];");
  }
  if ((masks || sums) && value.coefficients !== undefined) {
    shader.size("target_channels", value.shape[2]);
    shader.read("target_coefficients", memory.of(value.coefficients));
  }
  if (masks) {
    const z = value.coefficients === undefined
      ? "raw"
      : "raw * target_coefficients[channel] + target_coefficients[sizes.target_channels + channel]";
    lines.push(`let z = ${z};`, `g = select(0.0, g, ${insides[value.activation]});`);
  }
  if (mode === "add") lines.push("g = g + target_gradient[index];");
  lines.push("target_gradient[index] = g;");
  lines.push(
    sums
      ? "return vec2<f32>(g, g * (raw - target_coefficients[2u * sizes.target_channels + channel]));"
      : "return vec2<f32>(0.0);",
  );
  shader.code(`fn store_gradient(index: u32, channel: u32, gradient: f32) -> vec2<f32> {\n  ${lines.join("\n  ")}\n}`);
}
