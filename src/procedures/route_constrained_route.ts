// The route of a teacher: the networks that it was on its way to what it is, from early to late.
import { none } from "../distillation/none.ts";
import type { Weights } from "../engine/network.ts";
import type { Teacher } from "../teachers/teacher.ts";
import { BatchReader } from "../data/batch_reader.ts";
import { automaticTeacher, sharedSeed } from "./automatic_teacher.ts";
import { ensureNetworks, networkKey } from "./kept_networks.ts";
import type { ProcedureContext } from "./procedure.ts";
import { teacherOf } from "./remembering_teacher.ts";
import { equalIntervals } from "./route_constrained_anchors.ts";
import { stepsOf, type Trainings } from "./trainings.ts";

// More would fill memory and disk with networks that hardly differ.
const mostCheckpoints = 40;

/**
 * The built-in teacher at the ends of its epochs, at most 40 of them, the last one converged; from the cache or trained
 * now. The caller disposes them.
 */
export async function trainRoute(context: ProcedureContext, trainings: Trainings, epochs: number): Promise<Teacher[]> {
  const architecture = automaticTeacher(context.data);
  const seed = sharedSeed(context.data, "route", epochs);
  const ends = equalIntervals(epochs, mostCheckpoints);
  const { networks, cached } = await ensureNetworks(
    context,
    ends.map((epoch) => networkKey(context, { architecture, epochs, epoch, seed, distiller: "none" })),
    async () => {
      const route: { architecture: typeof architecture; weights: Weights }[] = [];
      await trainings.train(`teacher of ${epochs} epochs`, architecture, {
        distiller: none.create({}),
        seed,
        epochs,
        async onEpoch(epoch, weights) {
          if (ends.includes(epoch + 1)) route.push({ architecture, weights: await weights() });
        },
      });
      return route;
    },
    () => trainings.tell(0),
  );
  if (cached) trainings.spare(stepsOf(context, epochs));
  return networks.map((network, index) => teacherOf(network, `teacher after epoch ${ends[index]}`, context));
}

/** Logits `[validation images, classes]` of a teacher. RangeError where it knows the training images alone. */
export async function teacherLogits(teacher: Teacher, { data, signal }: ProcedureContext): Promise<Float32Array> {
  if (!teacher.predict) {
    throw new RangeError(
      `the greedy schedule needs teachers that answer to validation images, ${teacher.name} does not: use equal-interval`,
    );
  }
  const { validation, dataset } = data;
  const batchSize = Math.min(250, validation.length);
  const reader = new BatchReader(data, batchSize);
  const logits = new Float32Array(validation.length * teacher.taps.outputs);
  for (let start = 0; start < validation.length; start += batchSize) {
    signal?.throwIfAborted();
    const { images } = reader.read(dataset.train, validation.subarray(start, start + batchSize));
    logits.set(await teacher.predict(images), start * teacher.taps.outputs);
  }
  return logits;
}
