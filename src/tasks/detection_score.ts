// Mean average precision: detections in order of their scores, each matched with at most one object.
import { anchors, decodeBox, type Detection, intersectionOverUnion, suppressDoubles } from "./detection_boxes.ts";
import type { Box } from "./scenes.ts";
import type { Values } from "./task.ts";

const leastScore = 0.02;
const doubleOverlap = 0.45;
const digits = 10;

/** An object that is there. */
export interface Truth {
  image: number;
  digit: number;
  box: Box;
}

function softmax(logits: Float32Array): Float32Array {
  const highest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** What a head's outputs on a whole set say, doubles suppressed; of two stages both must believe in an object. */
export function readDetections(outputs: Record<string, Values>): Detection[] {
  const { classes, boxes, proposalClasses, regions } = outputs;
  const [count, places, width] = classes.shape;
  const row = (values: Values, index: number, length: number) =>
    values.values.subarray(index * length, (index + 1) * length);
  const found: Detection[] = [];
  for (let image = 0; image < count; image++) {
    const ofImage: Detection[][] = Array.from({ length: digits }, () => []);
    for (let place = 0; place < places; place++) {
      const index = image * places + place;
      const likely = softmax(row(classes, index, width));
      const trust = proposalClasses ? softmax(row(proposalClasses, index, 2))[1] : 1;
      const [left, top, right, bottom] = regions ? row(regions, index, 4) : anchors[place];
      const box = decodeBox(row(boxes, index, 4), [left, top, right, bottom]);
      for (let digit = 0; digit < digits; digit++) {
        const score = likely[digit + 1] * trust;
        if (score >= leastScore) ofImage[digit].push({ image, digit, score, box });
      }
    }
    for (const detections of ofImage) found.push(...suppressDoubles(detections, doubleOverlap));
  }
  return found;
}

/** The objects of `truth` `[count, M, 5]`: class (digit + 1; 0: none) and edges. */
export function readTruth({ values, shape: [count, places] }: Values): Truth[] {
  const truth: Truth[] = [];
  for (let image = 0; image < count; image++) {
    for (let place = 0; place < places; place++) {
      const [type, left, top, right, bottom] = values.subarray((image * places + place) * 5);
      if (type > 0) truth.push({ image, digit: type - 1, box: [left, top, right, bottom] });
    }
  }
  return truth;
}

/**
 * Area under the precision-recall curve of one class, precision taken as the best at no lower recall (PASCAL VOC since 2010).
 * Best detections first, each takes the free object of its image that it overlaps most, if by at least `leastOverlap`.
 */
export function averagePrecision(
  detections: readonly Pick<Detection, "image" | "score" | "box">[],
  truth: readonly Pick<Truth, "image" | "box">[],
  leastOverlap: number,
): number {
  if (truth.length === 0) throw new RangeError("average precision needs at least one object");
  const free = new Set(truth);
  let correct = 0;
  const points = detections.toSorted((a, b) => b.score - a.score).map(({ image, box }, rank) => {
    let [best, bestOverlap]: [Pick<Truth, "image" | "box"> | undefined, number] = [undefined, leastOverlap];
    for (const object of free) {
      if (object.image !== image) continue;
      const overlap = intersectionOverUnion(object.box, box);
      if (overlap >= bestOverlap) [best, bestOverlap] = [object, overlap];
    }
    if (best) {
      free.delete(best);
      correct++;
    }
    return { hit: best !== undefined, precision: correct / (rank + 1) };
  });
  let area = 0;
  let envelope = 0;
  for (const { hit, precision } of points.toReversed()) {
    envelope = Math.max(envelope, precision);
    if (hit) area += envelope / truth.length;
  }
  return area;
}

/** Mean over the digits that there are of the average precision at an overlap of `leastOverlap`. */
export function meanAveragePrecision(
  detections: readonly Detection[],
  truth: readonly Truth[],
  leastOverlap = 0.5,
): number {
  const present = [...new Set(truth.map(({ digit }) => digit))];
  const sum = present.reduce((total, digit) =>
    total + averagePrecision(
      detections.filter((detection) => detection.digit === digit),
      truth.filter((object) => object.digit === digit),
      leastOverlap,
    ), 0);
  return sum / present.length;
}
