// Makes a network ready to run: lowers its plan, gives it memory on the device, and compiles and binds its shaders.
import type { Architecture } from "../../schemas/architecture.ts";
import { type NetworkOptions, NetworkTooLargeError, requireWeightBits } from "../network.ts";
import { keptLosses } from "../loss_ring.ts";
import { type OptimizerNumbers, optimizerNumbers, trainableRanges } from "../optimizer.ts";
import { compilePlan, type Plan } from "../plan.ts";
import type { WebGpuEngine } from "./engine.ts";
import { optimizerUpdate } from "./kernels/optimizer.ts";
import { quantiseWeights } from "./kernels/quantise.ts";
import { softTargetLoss } from "./kernels/soft_target_loss.ts";
import type { Table } from "./kernels/split_sums.ts";
import { requireLength } from "./lengths.ts";
import { lower } from "./lowering.ts";
import { allocate, bufferOf, type Memory } from "./memory.ts";
import { NetworkMemory } from "./network_memory.ts";
import { prepare, type Program } from "./program.ts";
import type { Dispatch } from "./shader.ts";

/** Memory of the network's inputs and of its optimizer. */
export interface Places {
  labels: Memory;
  teacher: Memory;
  targets: Memory;
  /** `[keptLosses, batch]` */
  losses: Memory;
  update: Memory;
  first?: Memory;
  second?: Memory;
  average?: Memory;
}

/** What a network replays. */
export interface Programs {
  /** After the weights have been written. */
  prepare: Program;
  forward: Program;
  labelsLoss: Program;
  teacherLoss: Program;
  backward: Program;
  update: Program;
}

/** A network, ready to run. */
export interface PreparedNetwork {
  memory: NetworkMemory;
  places: Places;
  programs: Programs;
  optimizer: OptimizerNumbers;
  /** Owned by whoever runs the network. */
  buffers: GPUBuffer[];
}

function joined(first: Program, second: Program): Program {
  return {
    pipelines: [...first.pipelines, ...second.pipelines],
    bindGroups: [...first.bindGroups, ...second.bindGroups],
    workgroups: Uint32Array.from([...first.workgroups, ...second.workgroups]),
  };
}

interface LoweredNetwork {
  places: Places;
  tables: Table[];
  /** prepare, rounding, forward, loss without and with a teacher, backward, update. */
  lists: Dispatch[][];
}

function lowerNetwork(
  plan: Plan,
  memory: NetworkMemory,
  optimizer: OptimizerNumbers,
  weightBits: number | undefined,
): LoweredNetwork {
  const lowered = lower(plan, memory);
  const training = plan.mode === "training";
  const { parameterCount } = plan.layout;
  const { ports: { logits }, batchSize } = plan;
  const classes = logits.value.shape[2];
  const places: Places = {
    labels: memory.add("labels", batchSize),
    teacher: memory.add("teacher logits", batchSize * classes),
    targets: memory.addUniform("targets"),
    losses: memory.add("losses", keptLosses * batchSize),
    update: memory.addUniform("update"),
  };
  const updates = [];
  if (training) {
    const first = places.first = memory.add("first moment", parameterCount);
    if (optimizer.name !== "sgd") places.second = memory.add("second moment", parameterCount);
    if (optimizer.average > 0) places.average = memory.add("average", parameterCount);
    const { update, second, average } = places;
    for (const range of trainableRanges(plan)) {
      updates.push(optimizerUpdate(memory, optimizer, { update, first, second, average }, range));
    }
  }
  const rounding = weightBits === undefined || parameterCount === 0
    ? []
    : quantiseWeights(memory, weightBits, lowered.tables);
  const withLoss = logits.gradient !== undefined;
  const { teacher: _, ...labelsPlaces } = places;
  const labelsLoss = withLoss ? [softTargetLoss(memory, labelsPlaces)] : [];
  const teacherLoss = withLoss ? [softTargetLoss(memory, places)] : [];
  const { prepare, forward, backward, tables } = lowered;
  return { places, tables, lists: [prepare, rounding, forward, labelsLoss, teacherLoss, backward, updates] };
}

/** Gives all of `memory` buffers. Throws an Error where they do not fit on the device. */
async function takeBuffers({ device }: WebGpuEngine, memory: NetworkMemory): Promise<GPUBuffer[]> {
  const { gpu } = device;
  const largest = memory.all.reduce((most, { floats }) => Math.max(most, 4 * floats), 0);
  if (largest > gpu.limits.maxStorageBufferBindingSize) {
    throw new NetworkTooLargeError(`the network does not fit on the device: a tensor takes ${largest} bytes`);
  }
  return await device.orLost(async () => {
    gpu.pushErrorScope("out-of-memory");
    gpu.pushErrorScope("validation");
    const buffers = allocate(gpu, memory.all);
    const errors = [gpu.popErrorScope(), gpu.popErrorScope()];
    for (const error of await Promise.all(errors)) {
      if (!error) continue;
      for (const buffer of buffers) buffer.destroy();
      throw new NetworkTooLargeError(`the network does not fit on the device: ${error.message}`);
    }
    return buffers;
  });
}

/**
 * Throws a RangeError where the plan does and on numbers out of range, a NetworkTooLargeError where the network does not
 * fit on the device.
 */
export async function prepareNetwork(
  engine: WebGpuEngine,
  architecture: Architecture,
  options: NetworkOptions,
): Promise<PreparedNetwork> {
  const { weightBits } = options;
  requireWeightBits(weightBits);
  const optimizer = optimizerNumbers(options.optimizer ?? { name: "adam" });
  const plan = compilePlan(architecture, options);
  requireLength("parameters", options.weights.parameters, plan.layout.parameterCount);
  requireLength("statistics", options.weights.statistics, plan.layout.statisticCount);
  const memory = new NetworkMemory(plan, { quantised: weightBits !== undefined });
  const { places, lists, tables } = lowerNetwork(plan, memory, optimizer, weightBits);
  const buffers = await takeBuffers(engine, memory);
  const { device, pipelines } = engine;
  try {
    for (const { memory, values } of tables) device.gpu.queue.writeBuffer(bufferOf(memory), 0, values);
    const { programs, sizes } = await device.orLost(() => prepare(device.gpu, pipelines, lists));
    buffers.push(sizes);
    const [prepared, rounded, forward, labelsLoss, teacherLoss, backward, update] = programs;
    return {
      memory,
      places,
      optimizer,
      buffers,
      programs: {
        prepare: joined(prepared, rounded),
        forward,
        labelsLoss,
        teacherLoss,
        backward,
        update: joined(update, rounded),
      },
    };
  } catch (error) {
    for (const buffer of buffers) buffer.destroy();
    throw error;
  }
}
