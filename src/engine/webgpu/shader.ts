// Puts the text of one compute shader together with what it binds. Sizes are uniforms, not constants of the text, so
// that layers of all networks share the few pipelines of their kind: hundreds of students are compiled in one run.
import type { Memory } from "./memory.ts";

/** Most workgroups along x; more go on along y. */
const workgroupsAlongX = 32768;

type Scalar = "u32" | "i32" | "f32";

/** One dispatch, before it has buffers. */
export interface Dispatch {
  label: string;
  source: string;
  /** In the order of their bindings, from binding 1 on. */
  bindings: { memory: Memory; access: "read" | "write" | "uniform" }[];
  /** Contents of binding 0. */
  sizes: ArrayBuffer;
  workgroups: readonly [x: number, y: number, z: number];
}

export class Shader {
  readonly #label: string;
  readonly #bindings: (Dispatch["bindings"][number] & { text: string })[] = [];
  readonly #sizes: { name: string; type: Scalar; value: number }[] = [];
  #text = "";

  constructor(label: string) {
    this.#label = label;
  }

  /** Declares `sizes.NAME`; the same name may come again with the same value. */
  size(name: string, value: number, type: Scalar = "u32"): void {
    const known = this.#sizes.find((size) => size.name === name);
    if (!known) this.#sizes.push({ name, type, value });
    else if (known.value !== value) throw new Error(`${this.#label}: ${name} is ${known.value} and ${value}`);
  }

  /** Declares every one of `values` as an unsigned size. */
  sizes(values: Record<string, number>): void {
    for (const [name, value] of Object.entries(values)) this.size(name, value);
  }

  #bind(memory: Memory, access: Dispatch["bindings"][number]["access"], text: string): void {
    const binding = this.#bindings.length + 1;
    this.#bindings.push({ memory, access, text: `@group(0) @binding(${binding}) ${text}` });
  }

  /** Declares `var<storage, read> NAME: array<TYPE>`. */
  read(name: string, memory: Memory, type = "f32"): void {
    this.#bind(memory, "read", `var<storage, read> ${name}: array<${type}>;`);
  }

  /** Declares `var<storage, read_write> NAME: array<f32>`. */
  write(name: string, memory: Memory): void {
    this.#bind(memory, "write", `var<storage, read_write> ${name}: array<f32>;`);
  }

  /** Declares `var<uniform> NAME: STRUCT`. */
  uniform(name: string, memory: Memory, struct: string): void {
    this.#bind(memory, "uniform", `var<uniform> ${name}: ${struct};`);
  }

  /** Adds declarations. */
  code(text: string): void {
    this.#text += `${text}\n`;
  }

  /**
   * The dispatch of `main` over `tiles` times `blocks` workgroups of `threads`: `body` finds `tile`, `block` and
   * `local`, its place within the workgroup.
   */
  dispatch(options: { tiles: number; blocks?: number; threads: number; body: string }): Dispatch {
    const { tiles, blocks = 1, threads, body } = options;
    this.size("tiles", tiles);
    const text = `
struct Sizes { ${this.#sizes.map(({ name, type }) => `${name}: ${type}`).join(", ")} }
@group(0) @binding(0) var<uniform> sizes: Sizes;
${this.#bindings.map(({ text }) => text).join("\n")}
${this.#text}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let tile = group.x + group.y * ${workgroupsAlongX}u;
  let block = group.z;
  if (tile >= sizes.tiles) { return; }
${body}
}`;
    const numbers = new DataView(new ArrayBuffer(16 * Math.ceil(this.#sizes.length / 4)));
    for (const [index, { type, value }] of this.#sizes.entries()) {
      if (type === "f32") numbers.setFloat32(4 * index, value, true);
      else numbers.setInt32(4 * index, value, true);
    }
    return {
      label: this.#label,
      source: text,
      bindings: this.#bindings.map(({ memory, access }) => ({ memory, access })),
      sizes: numbers.buffer,
      workgroups: [Math.min(tiles, workgroupsAlongX), Math.ceil(tiles / workgroupsAlongX), blocks],
    };
  }
}
