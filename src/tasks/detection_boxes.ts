// Boxes in plain numbers: overlap, offsets relative to a reference box, suppression of doubles.
import { type Box, sceneSize } from "./scenes.ts";

/** Cells along each side of the grid that a detector answers for. */
export const gridCells = 6;
/** Side of a cell in pixels. */
export const cellSize = sceneSize / gridCells;
/** Side of each cell's reference box in pixels. */
export const anchorSize = 20;

/** Intersection over union of two boxes. */
export function intersectionOverUnion(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const area = ([left, top, right, bottom]: Box) => (right - left) * (bottom - top);
  return width * height / (area(a) + area(b) - width * height);
}

/** The reference boxes `[36]` of the cells, row by row. */
export const anchors: readonly Box[] = Array.from({ length: gridCells ** 2 }, (_, cell) => {
  const x = (cell % gridCells + 0.5) * cellSize;
  const y = (Math.floor(cell / gridCells) + 0.5) * cellSize;
  const half = anchorSize / 2;
  return [x - half, y - half, x + half, y + half];
});

/** Offsets of `box` from `reference` (Girshick et al. 2014, 1311.2524, equations 6 to 9). */
export function encodeBox(box: Box, reference: Box): [number, number, number, number] {
  const [width, height] = [reference[2] - reference[0], reference[3] - reference[1]];
  return [
    (box[0] + box[2] - reference[0] - reference[2]) / 2 / width,
    (box[1] + box[3] - reference[1] - reference[3]) / 2 / height,
    Math.log((box[2] - box[0]) / width),
    Math.log((box[3] - box[1]) / height),
  ];
}

/** Offsets of size beyond this are cut off: an untrained head must not give boxes without end. */
export const largestLogScale = 2;

/** The box whose offsets from `reference` these are. */
export function decodeBox(offsets: ArrayLike<number>, reference: Box): Box {
  const [width, height] = [reference[2] - reference[0], reference[3] - reference[1]];
  const x = (reference[0] + reference[2]) / 2 + offsets[0] * width;
  const y = (reference[1] + reference[3]) / 2 + offsets[1] * height;
  const scale = (logarithm: number) => Math.exp(Math.min(Math.max(logarithm, -largestLogScale), largestLogScale));
  const [halfWidth, halfHeight] = [width * scale(offsets[2]) / 2, height * scale(offsets[3]) / 2];
  return [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight];
}

/** A box that a detector gives. */
export interface Detection {
  image: number;
  digit: number;
  score: number;
  box: Box;
}

/**
 * Those detections of one image and class that overlap none with a higher score by more than `threshold` (greedy
 * suppression), best first.
 */
export function suppressDoubles(detections: readonly Detection[], threshold: number): Detection[] {
  const kept: Detection[] = [];
  for (const detection of detections.toSorted((a, b) => b.score - a.score)) {
    if (kept.every(({ box }) => intersectionOverUnion(box, detection.box) <= threshold)) kept.push(detection);
  }
  return kept;
}
