// Batch norm between the kernels: from a raw output's statistics to the coefficients that its readers apply, and from
// its gradient's sums to the factors that its producer's backward pass applies.
import { batchNormEpsilon } from "../../../ops/normalised.ts";
import type { PlanNode } from "../../plan.ts";
import { elementThreads, rowsOf } from "../geometry.ts";
import { type NetworkMemory, stateStruct } from "../network_memory.ts";
import { declareRowSum } from "../reductions.ts";
import { type Dispatch, Shader } from "../shader.ts";
import type { Tiled } from "./elementwise.ts";

// Few channels side by side leave many threads for the tiles.
const lanes = 16;
const rowLanes = elementThreads / lanes;

function coefficientsShader(label: string, memory: NetworkMemory, node: PlanNode): Shader {
  const { output, parameters, statistics } = node;
  const [gamma, beta] = parameters.filter(({ name }) => name === "gamma" || name === "beta");
  const [movingMean, movingVariance] = statistics;
  const shader = new Shader(label);
  if (output.coefficients === undefined) throw new Error(`${label}: the node has no batch norm`);
  shader.write("coefficients", memory.of(output.coefficients));
  shader.read("weights", memory.parameters);
  shader.sizes({
    channels: output.shape[2],
    gamma: gamma.offset,
    beta: beta.offset,
    moving_mean: movingMean.offset,
    moving_variance: movingVariance.offset,
  });
  shader.code(`fn store_coefficients(channel: u32, mean: f32, variance: f32) -> f32 {
  let inverse = 1.0 / sqrt(variance + ${batchNormEpsilon});
  let scale = weights[sizes.gamma + channel] * inverse;
  coefficients[channel] = scale;
  coefficients[sizes.channels + channel] = weights[sizes.beta + channel] - mean * scale;
  coefficients[2u * sizes.channels + channel] = mean;
  coefficients[3u * sizes.channels + channel] = inverse;
  return scale;
}`);
  return shader;
}

/** Coefficients from the statistics that the tiles of `producer` left; updates the moving averages. */
export function finishStatistics(memory: NetworkMemory, node: PlanNode, producer: Tiled): Dispatch {
  const { output } = node;
  const channels = output.shape[2];
  const shader = coefficientsShader("batch norm", memory, node);
  shader.write("statistics", memory.statistics);
  shader.read("partials", memory.partials);
  shader.code(stateStruct);
  shader.uniform("state", memory.state, "State");
  shader.sizes({
    rows: rowsOf(output, memory.plan.batchSize),
    rows_per_tile: producer.rowsPerTile,
    partial_tiles: producer.tiles,
  });
  declareRowSum(shader, { type: "f32", lanes, threads: elementThreads });
  shader.code(`fn rows_of(part: u32) -> f32 {
  return f32(min(sizes.rows_per_tile, sizes.rows - part * sizes.rows_per_tile));
}
fn moved(past: f32, now: f32) -> f32 {
  // The first step takes all of it, whatever was there.
  if (state.momentum == 0.0) { return now; }
  return state.momentum * past + (1.0 - state.momentum) * now;
}`);
  const body = `
  let channel = tile * ${lanes}u + local % ${lanes}u;
  let lane = local / ${lanes}u;
  let inside = channel < sizes.channels;
  var total = 0.0;
  if (inside) {
    for (var part = lane; part < sizes.partial_tiles; part += ${rowLanes}u) {
      total = total + rows_of(part) * partials[2u * part * sizes.channels + channel];
    }
  }
  let mean = row_sum(total, local) / f32(sizes.rows);
  var squares = 0.0;
  if (inside) {
    for (var part = lane; part < sizes.partial_tiles; part += ${rowLanes}u) {
      let difference = partials[2u * part * sizes.channels + channel] - mean;
      squares = squares + partials[(2u * part + 1u) * sizes.channels + channel]
        + rows_of(part) * difference * difference;
    }
  }
  let variance = row_sum(squares, local) / f32(sizes.rows);
  if (inside && lane == 0u) {
    _ = store_coefficients(channel, mean, variance);
    let mean_at = sizes.moving_mean + channel;
    let variance_at = sizes.moving_variance + channel;
    statistics[mean_at] = moved(statistics[mean_at], mean);
    statistics[variance_at] = moved(statistics[variance_at], variance);
  }`;
  return shader.dispatch({ tiles: Math.ceil(channels / lanes), threads: elementThreads, body });
}

/**
 * Coefficients from the moving averages, and, in training, the factors of a batch norm that does not follow the batch.
 */
export function frozenCoefficients(memory: NetworkMemory, node: PlanNode, withFactors: boolean): Dispatch {
  const channels = node.output.shape[2];
  const shader = coefficientsShader("batch norm by moving averages", memory, node);
  shader.read("statistics", memory.statistics);
  if (withFactors) shader.write("factors", memory.factorsOf(node.output));
  const factors = withFactors
    ? `factors[channel] = scale;
  factors[sizes.channels + channel] = 0.0;
  factors[2u * sizes.channels + channel] = 0.0;`
    : "_ = scale;";
  const body = `
  let channel = tile * 64u + local;
  if (channel >= sizes.channels) { return; }
  let mean = statistics[sizes.moving_mean + channel];
  let scale = store_coefficients(channel, mean, statistics[sizes.moving_variance + channel]);
  ${factors}`;
  return shader.dispatch({ tiles: Math.ceil(channels / 64), threads: 64, body });
}

/**
 * Factors of the backward pass from the sums that the tiles of `producer` left, and the gradients of gamma and beta.
 */
export function finishGradient(memory: NetworkMemory, node: PlanNode, producer: Tiled): Dispatch {
  const { output, parameters } = node;
  const channels = output.shape[2];
  const [gamma, beta] = parameters.filter(({ name }) => name === "gamma" || name === "beta");
  const shader = new Shader("batch norm gradient");
  if (output.coefficients === undefined) throw new Error("batch norm gradient: the node has no batch norm");
  shader.read("coefficients", memory.of(output.coefficients));
  shader.read("partials", memory.partials);
  shader.write("factors", memory.factorsOf(output));
  shader.write("gradient", memory.gradient);
  shader.sizes({
    rows: rowsOf(output, memory.plan.batchSize),
    channels,
    partial_tiles: producer.tiles,
    gamma: gamma.offset,
    beta: beta.offset,
  });
  declareRowSum(shader, { type: "f32", lanes, threads: elementThreads });
  const body = `
  let channel = tile * ${lanes}u + local % ${lanes}u;
  let lane = local / ${lanes}u;
  let inside = channel < sizes.channels;
  var sums = vec2<f32>(0.0);
  if (inside) {
    for (var part = lane; part < sizes.partial_tiles; part += ${rowLanes}u) {
      let at = 2u * part * sizes.channels + channel;
      sums = sums + vec2<f32>(partials[at], partials[at + sizes.channels]);
    }
  }
  let sum = row_sum(sums.x, local);
  let product = row_sum(sums.y, local);
  if (inside && lane == 0u) {
    let scale = coefficients[channel];
    let mean = coefficients[2u * sizes.channels + channel];
    let inverse = coefficients[3u * sizes.channels + channel];
    let slope = -scale * inverse * inverse * product / f32(sizes.rows);
    factors[channel] = scale;
    factors[sizes.channels + channel] = slope;
    factors[2u * sizes.channels + channel] = -scale * sum / f32(sizes.rows) - slope * mean;
    gradient[sizes.gamma + channel] = product * inverse;
    gradient[sizes.beta + channel] = sum;
  }`;
  return shader.dispatch({ tiles: Math.ceil(channels / lanes), threads: elementThreads, body });
}
