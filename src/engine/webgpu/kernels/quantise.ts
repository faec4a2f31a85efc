// The rounded copy of the parameters that kernels read when a network is trained for few bits: symmetric per tensor,
// largest magnitude / (2^(bits-1) - 1) to a step. What is no kernel is copied as it is.
import type { NetworkMemory } from "../network_memory.ts";
import { type Dispatch, Shader } from "../shader.ts";
import type { Table } from "./split_sums.ts";

const threads = 256;
// Parameters of one workgroup.
const chunk = 2048;

/** Two dispatches: the largest magnitude of each chunk, then the rounding. `tables` takes the table of chunks. */
export function quantiseWeights(memory: NetworkMemory, bits: number, tables: Table[]): Dispatch[] {
  // Of each chunk: first parameter, count, and first chunk and number of chunks of its tensor; 0: not rounded.
  const entries: number[] = [];
  for (const { name, offset, size } of memory.plan.layout.nodes.flatMap(({ parameters }) => parameters)) {
    const first = entries.length / 4;
    const chunks = Math.ceil(size / chunk);
    const rounded = /kernel$/i.test(name) ? chunks : 0;
    for (let start = 0; start < size; start += chunk) {
      entries.push(offset + start, Math.min(chunk, size - start), first, rounded);
    }
  }
  const tiles = entries.length / 4;
  const table = memory.add("table of kernels", entries.length);
  tables.push({ memory: table, values: Uint32Array.from(entries) });
  const magnitudes = memory.add("largest magnitudes", tiles);

  const finding = new Shader("largest magnitudes");
  finding.read("chunks", table, "vec4<u32>");
  finding.read("parameters", memory.parameters);
  finding.write("magnitudes", magnitudes);
  finding.code(`var<workgroup> most: array<f32, ${threads}>;`);
  const find = finding.dispatch({
    tiles,
    threads,
    body: `
  let range = chunks[tile];
  var own = 0.0;
  for (var i = local; i < range.y; i += ${threads}u) { own = max(own, abs(parameters[range.x + i])); }
  most[local] = own;
  for (var reach = ${threads / 2}u; reach >= 1u; reach = reach / 2u) {
    workgroupBarrier();
    if (local < reach) { most[local] = max(most[local], most[local + reach]); }
  }
  if (local == 0u) { magnitudes[tile] = most[0]; }`,
  });

  const rounding = new Shader("rounded parameters");
  rounding.read("chunks", table, "vec4<u32>");
  rounding.read("parameters", memory.parameters);
  rounding.read("magnitudes", magnitudes);
  rounding.write("rounded", memory.weights);
  rounding.size("levels", 2 ** (bits - 1) - 1, "f32");
  const round = rounding.dispatch({
    tiles,
    threads,
    body: `
  let range = chunks[tile];
  var most = 0.0;
  for (var i = 0u; i < range.w; i++) { most = max(most, magnitudes[range.z + i]); }
  let step = most / sizes.levels;
  for (var i = local; i < range.y; i += ${threads}u) {
    let p = parameters[range.x + i];
    rounded[range.x + i] = p;
    if (step > 0.0) { rounded[range.x + i] = round(p / step) * step; }
  }`,
  });
  return [find, round];
}
