// Losses of detectors: what a task takes of its labels, and what a teacher adds to them (Chen, Choi, Yu, Han & Chandraker
// 2017, "Learning Efficient Object Detection Models with Knowledge Distillation", NIPS). N images, M places (cells or
// regions), C classes of which class 0 is the background. All are sums over places, weighted, and means over the images.
import * as tf from "@tensorflow/tfjs";

type Tensors = Record<string, tf.Tensor>;

/** One stage of a detector: the names of its outputs, and its targets. */
export interface DetectorPart {
  /** Logits `[N, M, C]`. */
  classOutput: string;
  /** Offsets of boxes `[N, M, 4]`. */
  boxOutput: string;
  /** `[N, M, C]`, one-hot. */
  classes: tf.Tensor;
  /** `[N, M]` */
  weights: tf.Tensor;
  /** `[N, M, 4]` */
  boxes: tf.Tensor;
  /** `[N, M]`, zero where there is no box. */
  boxWeights: tf.Tensor;
}

function oneHot(classes: tf.Tensor, depth: number): tf.Tensor {
  return tf.cast(tf.oneHot(tf.cast(classes, "int32") as tf.Tensor2D, depth), "float32");
}

/**
 * The stages of the detector that gave `outputs`: cells alone (`classes`, `boxes`), or the cells' proposals
 * (`proposalClasses` of two classes, `proposalBoxes`) and then the regions' `classes` and `boxes`. RangeError on others.
 */
export function detectorParts(outputs: Tensors, targets: Tensors): DetectorPart[] {
  const { classes, boxes, proposalClasses } = outputs;
  if (!classes || !boxes) {
    throw new RangeError(`a detector gives classes and boxes, but got ${Object.keys(outputs).join(", ") || "nothing"}`);
  }
  const depth = classes.shape.at(-1) ?? 0;
  const part = (place: "cell" | "region") => ({
    weights: targets[`${place}Weights`],
    boxes: targets[`${place}Boxes`],
    boxWeights: targets[`${place}BoxWeights`],
  });
  const last = { classOutput: "classes", boxOutput: "boxes" };
  if (!proposalClasses) return [{ ...last, classes: oneHot(targets.cellClasses, depth), ...part("cell") }];
  return [
    {
      classOutput: "proposalClasses",
      boxOutput: "proposalBoxes",
      classes: oneHot(tf.minimum(targets.cellClasses, 1), 2),
      ...part("cell"),
    },
    { ...last, classes: oneHot(targets.regionClasses, depth), ...part("region") },
  ];
}

function weighted(values: tf.Tensor, weights: tf.Tensor): tf.Scalar {
  return tf.mean(tf.sum(tf.mul(values, weights), 1));
}

/** Cross-entropy of `logits` with the one-hot `classes`. */
export function hardClassLoss(logits: tf.Tensor, { classes, weights }: DetectorPart): tf.Scalar {
  return weighted(tf.neg(tf.sum(tf.mul(classes, tf.logSoftmax(logits)), -1)), weights);
}

/** Cross-entropy with the teacher's probabilities, the background's share times `backgroundWeight` (equation 3). */
export function softClassLoss(
  { student, teacher, weights }: { student: tf.Tensor; teacher: tf.Tensor; weights: tf.Tensor },
  backgroundWeight: number,
): tf.Scalar {
  const classes = student.shape.at(-1) ?? 0;
  const classWeights = tf.tensor1d([backgroundWeight, ...new Array(classes - 1).fill(1)]);
  const targets = tf.mul(tf.softmax(teacher), classWeights);
  return weighted(tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(student)), -1)), weights);
}

/** Huber's loss of the offsets with width 1, summed over the four. */
export function smoothBoxLoss(offsets: tf.Tensor, { boxes, boxWeights }: DetectorPart): tf.Scalar {
  const distance = tf.abs(tf.sub(offsets, boxes));
  const near = tf.minimum(distance, 1);
  return weighted(tf.sum(tf.add(tf.mul(tf.square(near), 0.5), tf.sub(distance, near)), -1), boxWeights);
}

/**
 * The squared error of each box where, plus `margin`, it is above the teacher's, else nothing: the teacher is a bound and
 * not a target (equation 4). The choice is a constant to the gradient.
 */
export function boundedBoxLoss(
  { student, teacher, part }: {
    student: tf.Tensor;
    teacher: tf.Tensor;
    part: Pick<DetectorPart, "boxes" | "boxWeights">;
  },
  margin: number,
): tf.Scalar {
  const error = (offsets: tf.Tensor) => tf.sum(tf.square(tf.sub(offsets, part.boxes)), -1);
  const ofStudent = error(student);
  const worse = tf.step(tf.sub(tf.add(ofStudent, margin), error(teacher)));
  return weighted(tf.mul(ofStudent, worse), part.boxWeights);
}

/** What a detector is trained by without a teacher. */
export function detectionLoss(outputs: Tensors, targets: Tensors): tf.Scalar {
  return tf.addN(
    detectorParts(outputs, targets).flatMap((part) => [
      hardClassLoss(outputs[part.classOutput], part),
      smoothBoxLoss(outputs[part.boxOutput], part),
    ]),
  );
}
