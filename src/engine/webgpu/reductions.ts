// WGSL of sums over the rows that one workgroup holds, in a fixed order: no float atomics, so the same bits each time.
import type { Memory } from "./memory.ts";
import type { Shader } from "./shader.ts";

export interface RowLanes {
  /** `f32`, or `vec4<f32>` where a thread holds four columns. */
  type: "f32" | "vec4<f32>";
  /** Threads side by side along the columns, a power of 2; the rest of the workgroup lies along the rows. */
  lanes: number;
  /** A power of 2. */
  threads: number;
}

/**
 * Declares `row_sum(value, local)`: the sum of `value` over the threads of one column, given to all of them. To be
 * called by the whole workgroup. `scratch` names a workgroup array of the type with an entry for each thread, if there
 * is one.
 */
export function declareRowSum(shader: Shader, { type, lanes, threads }: RowLanes, scratch?: string): void {
  const name = scratch ?? "row_sums";
  if (!scratch) shader.code(`var<workgroup> row_sums: array<${type}, ${threads}>;`);
  shader.code(`fn row_sum(value: ${type}, local: u32) -> ${type} {
  ${name}[local] = value;
  for (var reach = ${threads / 2}u; reach >= ${lanes}u; reach = reach / 2u) {
    workgroupBarrier();
    if (local < reach) { ${name}[local] = ${name}[local] + ${name}[local + reach]; }
  }
  workgroupBarrier();
  let sum = ${name}[local % ${lanes}u];
  workgroupBarrier();
  return sum;
}`);
}

/** Where a kernel leaves two sums per channel and tile of rows: `[tiles][2][channels]`. */
export interface Partials {
  memory: Memory;
  channels: number;
}

function storePair(type: RowLanes["type"], first: string, second: string, channel: string): string {
  const at = (place: string, value: string) => `partials[2u * tile * sizes.partial_channels + ${place}] = ${value};`;
  if (type === "f32") {
    return `if (${channel} < sizes.partial_channels) {
      ${at(channel, first)} ${at(`sizes.partial_channels + ${channel}`, second)} }`;
  }
  return `for (var lane = 0u; lane < 4u; lane++) { if (${channel} + lane < sizes.partial_channels) {
      ${at(`${channel} + lane`, `${first}[lane]`)}
      ${at(`sizes.partial_channels + ${channel} + lane`, `${second}[lane]`)} } }`;
}

/** Declares what {@linkcode statisticsCode} and {@linkcode sumsCode} need, beside {@linkcode declareRowSum}. */
export function declarePartials(shader: Shader, { memory, channels }: Partials): void {
  shader.write("partials", memory);
  shader.size("partial_channels", channels);
}

/**
 * Code that leaves mean and sum of squared deviations of a tile of `tile_count` rows (an f32 in scope). Each thread has
 * seen `count` rows of mean `mean` and squares `squares` (Chan, Golub & LeVeque 1979). `channel`: its first channel.
 */
export function statisticsCode({ type, lanes }: RowLanes, channel: string): string {
  return `
  let tile_mean = row_sum(mean * count, local) / tile_count;
  let distance = mean - tile_mean;
  let tile_squares = row_sum(squares + distance * distance * count, local);
  if (local < ${lanes}u) { ${storePair(type, "tile_mean", "tile_squares", channel)} }`;
}

/** Code that leaves the sums of a tile: each thread has `sum_gradient` and `sum_product`. */
export function sumsCode({ type, lanes }: RowLanes, channel: string): string {
  return `
  let tile_gradient = row_sum(sum_gradient, local);
  let tile_product = row_sum(sum_product, local);
  if (local < ${lanes}u) { ${storePair(type, "tile_gradient", "tile_product", channel)} }`;
}
