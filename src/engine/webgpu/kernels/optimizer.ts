// One step of the optimizer over a range of the flat vector.
import type { OptimizerNumbers } from "../../optimizer.ts";
import type { Memory } from "../memory.ts";
import type { NetworkMemory } from "../network_memory.ts";
import { type Dispatch, Shader } from "../shader.ts";

/** The uniform of an update; the corrections are 1 - beta^step. */
const updateStruct = "struct Update { learning_rate: f32, first_correction: f32, second_correction: f32, spare: f32 }";

export interface OptimizerPlaces {
  update: Memory;
  /** `[parameterCount]` each, as far as the optimizer has them. */
  first: Memory;
  second?: Memory;
  average?: Memory;
}

const threads = 256;

const rules: Record<OptimizerNumbers["name"], (numbers: OptimizerNumbers) => string> = {
  adam: () => `
  first[index] = sizes.first * first[index] + sizes.first_rest * g;
  second[index] = sizes.second * second[index] + sizes.second_rest * g * g;
  let mean = first[index] / update.first_correction;
  p = p - update.learning_rate * mean / (sqrt(second[index] / update.second_correction) + sizes.epsilon);`,
  sgd: ({ nesterov }) => `
  first[index] = sizes.first * first[index] + g;
  p = p - update.learning_rate * (${nesterov ? "g + sizes.first * first[index]" : "first[index]"});`,
  rmsProp: () => `
  second[index] = sizes.second * second[index] + sizes.second_rest * g * g;
  first[index] = sizes.first * first[index] + update.learning_rate * g / sqrt(second[index] + sizes.epsilon);
  p = p - first[index];`,
};

export function optimizerUpdate(
  memory: NetworkMemory,
  numbers: OptimizerNumbers,
  places: OptimizerPlaces,
  range: { start: number; count: number },
): Dispatch {
  const { name, first, second, epsilon, weightDecay, average } = numbers;
  const shader = new Shader(`${name} update`);
  shader.read("gradient", memory.gradient);
  shader.write("parameters", memory.parameters);
  shader.write("first", places.first);
  if (places.second) shader.write("second", places.second);
  if (places.average) shader.write("average", places.average);
  shader.code(updateStruct);
  shader.uniform("update", places.update, "Update");
  shader.sizes(range);
  // What is left of 1 is taken before it is rounded: 1 - 0.999 has lost four digits as a float.
  const fractions = {
    first,
    second,
    average,
    first_rest: 1 - first,
    second_rest: 1 - second,
    average_rest: 1 - average,
  };
  for (const [key, value] of Object.entries({ ...fractions, epsilon, weight_decay: weightDecay })) {
    shader.size(key, value, "f32");
  }
  const body = `
  let place = tile * ${threads}u + local;
  if (place >= sizes.count) { return; }
  let index = sizes.start + place;
  let g = gradient[index];
  var p = parameters[index];
  p = p - update.learning_rate * sizes.weight_decay * p;
  ${rules[name](numbers)}
  parameters[index] = p;
  ${places.average ? "average[index] = sizes.average * average[index] + sizes.average_rest * p;" : ""}`;
  return shader.dispatch({ tiles: Math.ceil(range.count / threads), threads, body });
}
