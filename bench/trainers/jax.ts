// Training steps in jax-js on its wasm backend, compiled by its jit.
import type { numpy } from "@jax-js/jax";
import { Random } from "../../src/data/random.ts";
import type { TrainerJob } from "./job.ts";
import { serve, type ServedTraining, SkippedError } from "./serve.ts";

type Value = numpy.Array;

async function create(job: TrainerJob): Promise<ServedTraining> {
  // It takes a worker per core, and reads their number when it is loaded.
  Object.defineProperty(navigator, "hardwareConcurrency", { value: job.threads });
  const { blockUntilReady, defaultDevice, init, jit, numpy: np, valueAndGrad } = await import("@jax-js/jax");
  const { jaxLoss, jaxShapes } = await import("./jax_student.ts");
  await init("wasm");
  defaultDevice("wasm");

  const { architecture, batchSize } = job;
  const { height, width, channels } = architecture.input;
  const random = new Random(1);
  const array = (shape: number[], value: (index: number) => number): Value => {
    const size = shape.reduce((product, length) => product * length, 1);
    return np.array(Float32Array.from({ length: size }, (_, index) => value(index))).reshape(shape);
  };
  const shapes = jaxShapes(architecture);
  const images = array([batchSize, channels, height, width], () => random.normal());
  const labels = array([batchSize, architecture.classes], (index) => {
    const [row, column] = [Math.floor(index / architecture.classes), index % architecture.classes];
    return row % architecture.classes === column ? 1 : 0;
  });
  // Vectors are batch norm's and biases: what matters here is their size.
  let parameters = shapes.map((shape) => array(shape, () => shape.length === 1 ? 1 : 0.1 * random.normal()));
  let means = shapes.map((shape) => np.zeros(shape));
  let squares = shapes.map((shape) => np.zeros(shape));

  type State = { loss: Value; parameters: Value[]; means: Value[]; squares: Value[] };
  const lossAndGradient = valueAndGrad(jaxLoss(architecture));
  const update = jit(
    (old: Omit<State, "loss">, images: Value, labels: Value, rate: Value, correction: Value): State => {
      const [loss, gradients] = lossAndGradient(old.parameters.map((value) => value.ref), images, labels) as [
        Value,
        Value[],
      ];
      const state: State = { loss, parameters: [], means: [], squares: [] };
      for (const [index, gradient] of gradients.entries()) {
        const mean = old.means[index].mul(0.9).add(gradient.ref.mul(0.1));
        const square = old.squares[index].mul(0.999).add(np.square(gradient).mul(0.001));
        const deviation = np.sqrt(square.ref.mul(correction.ref)).add(1e-8);
        state.parameters.push(old.parameters[index].sub(mean.ref.mul(rate.ref).div(deviation)));
        state.means.push(mean);
        state.squares.push(square);
      }
      rate.dispose();
      correction.dispose();
      return state;
    },
  );
  const scalar = (value: number) => np.array(Float32Array.of(value)).reshape([]);

  let count = 0;
  return {
    note: `jit, ${job.threads} thread${job.threads > 1 ? "s" : ""}`,
    async step() {
      count++;
      let state: State;
      try {
        const rate = scalar(1e-3 / (1 - 0.9 ** count));
        const correction = scalar(1 / (1 - 0.999 ** count));
        state = update({ parameters, means, squares }, images.ref, labels.ref, rate, correction) as State;
      } catch (error) {
        // An op or a gradient that it lacks shows while the first step is traced.
        if (count === 1) throw new SkippedError((error as Error).message);
        throw error;
      }
      ({ parameters, means, squares } = state);
      await blockUntilReady([parameters, means, squares]);
      return (await state.loss.data())[0];
    },
  };
}

if (import.meta.main) await serve(create);
