// How near each kernel comes to what the machine can do: floating-point operations and bytes per second, by node.
import * as z from "zod";
import { type Layout, layoutOf, type NodeLayout } from "../src/ops/layout.ts";
import { type Bench, commonOptions } from "./bench.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { measurePeak, type Peak } from "./peak.ts";
import { rounded } from "./results.ts";
import { type StudentName, students } from "./students.ts";
import { createJob, type KernelTime, withJobFile } from "./trainers/job.ts";
import { wasmTrainers } from "./trainers/table.ts";
import { TrainerProcess } from "./trainers/trainer_process.ts";

const studentNames = Object.keys(students) as [StudentName, ...StudentName[]];

const optionsSchema = z.strictObject({
  student: z.enum(studentNames).default("small").meta({ description: "the network that is trained" }),
  variant: z.enum(["relaxed", "simd"]).default("relaxed").meta({ description: "the instructions of the kernels" }),
  batch: z.int().min(1).max(4096).default(64).meta({ placeholder: "N", description: "images per step" }),
  steps: z.int().min(1).max(100_000).default(50).meta({
    placeholder: "N",
    description: "steps that times are medians of",
  }),
  ...commonOptions,
});

export interface KernelSpeedRow {
  node: number;
  kernel: string;
  /** Kernel, stride and sizes, for instance `3x3/2 28x28x1 -> 14x14x16`. */
  shape: string;
  direction: KernelTime["direction"];
  msPerStep: number;
  /** 10^9 per second; null where the node multiplies nothing. */
  gigaflops: number | null;
  /** Of the machine's peak. */
  share: number | null;
  /** 10^9 bytes per second of the large tensors that this direction must read and write once. */
  gigabytes: number | null;
}

function describeShape({ node, inputShapes, outputShape }: NodeLayout): string {
  const window = "kernel" in node ? `${node.kernel}x${node.kernel}/${node.stride} ` : "";
  return `${window}${inputShapes[0].join("x")} -> ${outputShape.join("x")}`;
}

/** Multiplications and additions of a batch's pass through a node, each counted. */
export function countFlops(layout: NodeLayout, direction: KernelTime["direction"], batchSize: number): number {
  const { op, node, inputShapes } = layout;
  const forward = 2 * batchSize * op.multiplyAdds(node, inputShapes);
  if (direction !== "backward") return forward;
  // One product for the gradient of the weights, one for that of the input, which the images want none of.
  return node.inputs[0] < 0 ? forward : 2 * forward;
}

/** Bytes of a batch's large tensors that cross memory once each: values forward, values and gradients backward. */
export function countBytes(layout: NodeLayout, direction: KernelTime["direction"], batchSize: number): number {
  const size = (shape: readonly number[]) => 4 * batchSize * shape.reduce((product, length) => product * length, 1);
  // A gate is read with the value that it belongs to: its node writes no tensor of its own.
  const output = layout.node.op === "squeezeExcite" ? 0 : size(layout.outputShape);
  const inputs = layout.inputShapes.reduce((sum, shape) => sum + size(shape), 0);
  if (direction !== "backward") return inputs + output;
  return 2 * output + (layout.node.inputs[0] < 0 ? inputs : 2 * inputs);
}

/** A row per node and direction, in the order of a step. */
export function speedRows(
  layout: Layout,
  times: readonly KernelTime[],
  { batchSize, peak }: { batchSize: number; peak: Peak },
): KernelSpeedRow[] {
  return times.map(({ node, kernel, direction, ms }) => {
    const own = layout.nodes[node];
    const flops = own ? countFlops(own, direction, batchSize) : 0;
    const gigaflops = flops / ms / 1e6;
    return {
      node,
      kernel,
      shape: own ? describeShape(own) : "",
      direction,
      msPerStep: rounded(ms),
      gigaflops: flops > 0 ? rounded(gigaflops) : null,
      share: flops > 0 ? rounded(gigaflops / peak.gigaflops) : null,
      gigabytes: own ? rounded(countBytes(own, direction, batchSize) / ms / 1e6) : null,
    };
  });
}

export interface KernelsResult {
  rows: KernelSpeedRow[];
  peak: Peak;
  student: StudentName;
  batchSize: number;
  machine: Machine;
}

async function run(options: z.output<typeof optionsSchema>): Promise<KernelsResult> {
  const { student, variant, batch: batchSize, steps } = options;
  const peak = await measurePeak();
  const job = createJob(students[student](), { batchSize, threads: 1, software: false });
  const trainer = wasmTrainers[variant];
  const times = await withJobFile(job, async (file) => {
    const process = await TrainerProcess.start(trainer.name, [...trainer.command(), file]);
    if ("skipped" in process) throw new Error(`the profile cannot be had: ${process.skipped}`);
    try {
      // Until the runtime has compiled everything for good.
      await process.time(10);
      return await process.profile(steps);
    } finally {
      await process.close();
    }
  });
  const rows = speedRows(layoutOf(job.architecture), times, { batchSize, peak });
  return { rows, peak, student, batchSize, machine: describeMachine() };
}

/** Speed of our wasm kernels, node by node, beside the machine's peak. */
export const bench: Bench<typeof optionsSchema> = {
  name: "kernels",
  summary: "Speed of our wasm kernels in one student, node by node, beside what this machine can do at best.",
  options: optionsSchema,
  resultName: ({ student }) => `kernels-${student}`,
  run,
};
