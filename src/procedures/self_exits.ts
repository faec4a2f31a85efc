// Zhang et al. 2019, "Be Your Own Teacher" (1905.08094): the training of `self`, after which its exits are scored too, each
// alone and all with the deepest classifier as one ensemble, before they are given up.
import * as tf from "@tensorflow/tfjs";
import { BatchReader } from "../data/batch_reader.ts";
import type { Exits } from "../distillation/exits.ts";
import { distilSelf, self } from "../distillation/self.ts";
import { networkTeacher } from "../teachers/network_teacher.ts";
import { disposeAfter } from "../training/dispose_after.ts";
import { train } from "../training/train.ts";
import { meanProbabilities } from "./probabilities.ts";
import { defineProcedure, type ProcedureContext, type TrainedNetwork } from "./procedure.ts";
import { accuracyOf, percent, validationLabels } from "./validation.ts";

/** Validation logits `[images, classes]` of each exit, from input to output, and of the network itself as the last. */
async function exitLogits(
  { batchSize, data, engine, signal }: ProcedureContext,
  { architecture, weights }: TrainedNetwork,
  exits: Exits,
): Promise<Float32Array[]> {
  const { classes } = architecture;
  const all = Array.from({ length: exits.taps.length + 1 }, () => new Float32Array(data.validation.length * classes));
  const reader = new BatchReader(data, batchSize);
  const network = networkTeacher({ name: "the student", architecture, weights, engine, batchSize });
  return await disposeAfter(network, async () => {
    for (let start = 0; start < data.validation.length; start += batchSize) {
      signal?.throwIfAborted();
      const indices = data.validation.subarray(start, start + batchSize);
      const batch = reader.read(data.dataset.train, indices);
      const output = await network.outputs({ ...batch, indices, positions: indices, view: 0, features: exits.taps });
      const ofExits = tf.tidy(() => {
        const features = Object.fromEntries(
          exits.stages.map(({ name, shape }) => [name, tf.tensor(output.features[name], [indices.length, ...shape])]),
        );
        return exits.apply(features).map(({ logits }) => logits);
      });
      const owner = { dispose: () => tf.dispose(ofExits) };
      const logits = await disposeAfter(owner, () => Promise.all(ofExits.map((tensor) => tensor.data<"float32">())));
      for (const [place, values] of [...logits, output.logits].entries()) all[place].set(values, start * classes);
    }
    return all;
  });
}

export const selfExits = defineProcedure({
  name: "self-exits",
  summary: "be your own teacher, with the accuracies of all exits and of their ensemble",
  paper: "1905.08094",
  tasks: ["classification"],
  options: self.options,
  create: (options) => ({
    needs: [],
    teachers: { least: 0, most: 0 },
    async run(context) {
      const { architecture, data } = context;
      let exits: Exits | undefined;
      const distiller = {
        ...self.create(options),
        // The exits outlive the training, since they are scored after it.
        prepare(met: Parameters<typeof distilSelf>[0]) {
          const { phases, ...made } = distilSelf(met, options);
          exits = made.exits;
          return { phases, dispose() {} };
        },
      };
      return await disposeAfter({ dispose: () => exits?.dispose() }, async () => {
        const trained = await train(architecture, { ...context, distiller });
        if (!exits) throw new Error("the training ended without having met the network");
        const logits = await exitLogits(context, { architecture, weights: trained.weights }, exits);
        const labels = validationLabels(data);
        const accuracies = logits.map((of) => accuracyOf(of, labels));
        const ensemble = accuracyOf(meanProbabilities(logits, architecture.classes), labels);
        const details = {
          exits: exits.taps.map((stage, index) => ({ stage, accuracy: accuracies[index] })),
          deepestAccuracy: accuracies[accuracies.length - 1],
          ensembleAccuracy: ensemble,
        };
        const parts = details.exits.map(({ accuracy, stage }) => `exit at ${stage} ${percent(accuracy)}`);
        context.log?.(
          `${parts.join(", ")}, deepest ${percent(details.deepestAccuracy)}, ensemble ${percent(ensemble)}`,
        );
        return { architecture, ...trained, details };
      });
    },
  }),
});
