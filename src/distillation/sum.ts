// Several methods at once: their terms add up, the task's own loss counts once.
import * as tf from "@tensorflow/tfjs";
import type { Distillation, DistillationBatch, Distiller, Phase } from "./distiller.ts";

type Weight = Phase["taskWeight"];

function productOf(weights: readonly Weight[]): Weight {
  const factors = weights.filter((weight) => weight !== 1);
  if (factors.every((weight) => typeof weight === "number")) return factors.reduce((a, b) => a * b, 1);
  const at = (weight: Weight, progress: number) => typeof weight === "number" ? weight : weight(progress);
  return (progress) => factors.reduce((product: number, weight) => product * at(weight, progress), 1);
}

function unique(...lists: (readonly string[] | undefined)[]): string[] {
  return [...new Set(lists.flatMap((list) => list ?? []))];
}

/** The phases that end each training, as one. */
function mergeLast(phases: readonly Phase[], share: number): Phase {
  const terms = phases.flatMap((phase) => phase.term ? [phase.term.bind(phase)] : []);
  const after = phases.flatMap((phase) => phase.afterStep ? [phase.afterStep.bind(phase)] : []);
  const gradientWeight = phases.reduce((sum, { imageGradientWeight = 0 }) => sum + imageGradientWeight, 0);
  const teachers = Math.max(0, ...phases.map(({ teacherFeatures = [] }) => teacherFeatures.length));
  return {
    name: phases.map(({ name }) => name).join("+"),
    share,
    // A method that leaves part of the task's loss to the teacher does so in a sum too.
    taskWeight: productOf(phases.map(({ taskWeight }) => taskWeight)),
    studentFeatures: unique(...phases.map(({ studentFeatures }) => studentFeatures)),
    teacherFeatures: Array.from(
      { length: teachers },
      (_, teacher) => unique(...phases.map(({ teacherFeatures }) => teacherFeatures?.[teacher])),
    ),
    readsOutputs: phases.some(({ readsOutputs }) => readsOutputs),
    variables: phases.flatMap(({ variables = [] }) => variables),
    ...(terms.length > 0 &&
      { term: (batch: DistillationBatch) => tf.addN(terms.map((term) => term(batch))) as tf.Scalar }),
    ...(after.length > 0 && { afterStep: (batch: DistillationBatch) => after.forEach((act) => act(batch)) }),
    ...(gradientWeight > 0 && { imageGradientWeight: gradientWeight }),
  };
}

/** Earlier phases of all methods one after the other, then the last ones together. */
export function sumPhases(distillations: readonly Distillation[]): Phase[] {
  const earlier = distillations.flatMap(({ phases }) => phases.slice(0, -1));
  const taken = earlier.reduce((sum, { share }) => sum + share, 0);
  // At least half of the steps are left to the sum.
  const scale = taken > 0.5 ? 0.5 / taken : 1;
  const last = distillations.flatMap(({ phases }) => phases.slice(-1));
  return [
    ...earlier.map((phase) => ({ ...phase, share: phase.share * scale })),
    mergeLast(last, 1 - taken * scale),
  ];
}

function requireWhole(distillers: readonly Distiller[], distillations: readonly Distillation[]): void {
  for (const [index, { phases }] of distillations.entries()) {
    const last = phases.at(-1);
    if (last?.trainedUpTo === undefined && last?.trainedAfter === undefined) continue;
    throw new RangeError(
      `${distillers[index].name} ends with a part of the network frozen or left out, so it cannot be part of a sum; ` +
        "another mode of it may",
    );
  }
}

/**
 * The sum of `distillers`, which all fit a task where each does. Where one takes several teachers the others read the first.
 */
export function sumOf(distillers: readonly Distiller[]): Distiller {
  const several = distillers.filter(({ teachers }) => teachers.least > 0 && teachers.most > 1);
  const one = distillers.filter(({ teachers }) => teachers.most === 1);
  const needsOf = (of: readonly Distiller[]) => [...new Set(of.flatMap(({ needs }) => needs))];
  const deciding = several.length > 0 ? several : one.length > 0 ? one : distillers;
  return {
    name: distillers.map(({ name }) => name).join("+"),
    tasks: distillers[0].tasks.filter((task) => distillers.every(({ tasks }) => tasks.includes(task))),
    needs: needsOf(deciding),
    ...(several.length > 0 && one.length > 0 && { firstNeeds: needsOf(one) }),
    teachers: {
      least: Math.max(...distillers.map(({ teachers }) => teachers.least)),
      most: Math.min(...deciding.map(({ teachers }) => teachers.most)),
    },
    async prepare(context) {
      const distillations: Distillation[] = [];
      const dispose = () => distillations.forEach((distillation) => distillation.dispose());
      try {
        for (const distiller of distillers) {
          const teachers = distiller.teachers.most === 1 ? context.teachers.slice(0, 1) : context.teachers;
          distillations.push(await distiller.prepare({ ...context, teachers }));
        }
        requireWhole(distillers, distillations);
        return { phases: sumPhases(distillations), dispose };
      } catch (error) {
        dispose();
        throw error;
      }
    },
  };
}
