// Zagoruyko & Komodakis 2017, "Paying More Attention to Attention" (1612.03928), activation-based: the student's maps of
// where a stage is active become those of the teacher. The paper adds weight/2 * sum over stages of ||student - teacher||_2
// of normalised maps; the authors' code adds weight * sum over stages of the mean squared difference.
import * as tf from "@tensorflow/tfjs";
import * as z from "zod";
import { defineDistiller, taskNames } from "./distiller.ts";
import { pairsOf } from "./features/pair_stages.ts";
import { Resampler } from "./features/resample.ts";

const maps = ["sum", "power", "max"] as const;
const forms = ["code", "paper"] as const;

export interface AttentionMapOptions {
  /** Over the channels: sum of |x|, sum of |x|^p, or greatest |x|^p. */
  map: typeof maps[number];
  power: number;
}

/** Greatest channel of `x` `[N, H, W, C]`, `[N, H, W, 1]`: with a gradient that compares without tfjs's slow `equal`. */
function greatestChannel(x: tf.Tensor4D): tf.Tensor4D {
  const choose = tf.customGrad((...operands) => {
    const [operand, save] = operands as unknown as [tf.Tensor4D, tf.GradSaveFunc];
    const value = tf.max(operand, 3, true);
    save([operand, value]);
    return {
      value,
      gradFunc: (gradient: tf.Tensor, [operand, value]: tf.Tensor[]) => [
        tf.mul(gradient, tf.sub(1, tf.step(tf.sub(value, operand)))),
      ],
    };
  });
  return choose(x) as tf.Tensor4D;
}

/** Where `x` `[N, H, W, C]` is active: `[N, H, W, 1]`, not normalised. */
export function attentionMap(x: tf.Tensor4D, { map, power }: AttentionMapOptions): tf.Tensor4D {
  switch (map) {
    case "sum":
      return tf.sum(tf.abs(x), 3, true);
    case "power":
      return tf.sum(power === 2 ? tf.square(x) : tf.pow(tf.abs(x), power), 3, true);
    case "max":
      return tf.pow(greatestChannel(tf.abs(x)), power);
    default:
      return map satisfies never;
  }
}

/** A map `[N, H, W, 1]` as `[N, H * W]` of length 1; a map of zeros stays one. */
export function normaliseMap(map: tf.Tensor4D): tf.Tensor2D {
  const flat = tf.reshape(map, [map.shape[0], -1]) as tf.Tensor2D;
  return tf.mul(flat, tf.rsqrt(tf.add(tf.sum(tf.square(flat), 1, true), 1e-8)));
}

/** Difference of normalised maps `[N, H * W]`, mean over the batch: `paper` half its length, `code` its mean square. */
export function mapDifference(student: tf.Tensor2D, teacher: tf.Tensor2D, form: typeof forms[number]): tf.Scalar {
  const squares = tf.square(tf.sub(student, teacher));
  if (form === "code") return tf.mean(squares);
  return tf.mul(tf.mean(tf.sqrt(tf.add(tf.sum(squares, 1), 1e-12))), 0.5);
}

export const attention = defineDistiller({
  name: "attention",
  summary: "maps of where the stages are active",
  paper: "1612.03928",
  tasks: taskNames,
  options: z.strictObject({
    map: z.enum(maps).default("power").describe("over channels: sum of |x|, sum of |x|^power, or greatest |x|^power"),
    power: z.number().min(1).max(8).default(2).describe("exponent of the maps power and max"),
    form: z.enum(forms).default("code").describe("mean square as in the authors' code, or the paper's norm"),
    weight: z.number().positive().default(20).describe(
      "of the maps; 1000 in the authors' code; some 3 suit the form paper",
    ),
  }),
  create: ({ form, map, power, weight }) => ({
    needs: ["stages"],
    teachers: { least: 1, most: 1 },
    prepare(context) {
      // The map of a single pixel is 1 whatever it shows.
      const pairs = pairsOf(context, { leastPixels: 2 });
      const resampler = new Resampler();
      return {
        phases: [{
          name: "attention",
          share: 1,
          taskWeight: 1,
          studentFeatures: pairs.map(({ student }) => student.name),
          teacherFeatures: [pairs.map(({ teacher }) => teacher.name)],
          term({ student, teachers: [teacher] }) {
            const mapOf = (feature: tf.Tensor, size: readonly [number, number]) =>
              normaliseMap(resampler.resize(attentionMap(feature as tf.Tensor4D, { map, power }), size));
            const differences = pairs.map((pair) =>
              mapDifference(
                mapOf(student.features[pair.student.name], pair.size),
                mapOf(teacher.features[pair.teacher.name], pair.size),
                form,
              )
            );
            return tf.mul(tf.addN(differences), weight) as tf.Scalar;
          },
        }],
        dispose: () => resampler.dispose(),
      };
    },
  }),
});
