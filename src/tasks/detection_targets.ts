// What detectors are trained towards: classes and offsets of each cell's reference box, and regions for the second stage.
import { hashSeed, Random } from "../data/random.ts";
import { anchors, anchorSize, cellSize, encodeBox, gridCells, intersectionOverUnion } from "./detection_boxes.ts";
import { type Box, mostObjects, type Scene, sceneSize } from "./scenes.ts";
import type { SceneTargets } from "./scenes_data.ts";

/** Regions per image that the second stage is trained on: two near each digit, the rest background. */
export const trainingRegions = 8;
const regionsPerObject = 2;
/** A region of more overlap than this has its digit's class, else it is background. */
const leastOverlap = 0.5;
const mostBackgroundOverlap = 0.3;
/** Share of the class loss that cells with a digit have together: as if one in four cells were sampled. */
const foregroundShare = 0.25;

interface Assigned {
  classes: Float32Array;
  weights: Float32Array;
  boxes: Float32Array;
  boxWeights: Float32Array;
}

/** The cell that holds an object's centre answers for it; of two in one cell, the nearer. */
function assignCells({ objects }: Scene): Assigned {
  const cells = gridCells ** 2;
  const classes = new Float32Array(cells);
  const boxes = new Float32Array(cells * 4);
  for (const { box, digit } of objects) {
    const column = Math.min(gridCells - 1, Math.floor((box[0] + box[2]) / 2 / cellSize));
    const row = Math.min(gridCells - 1, Math.floor((box[1] + box[3]) / 2 / cellSize));
    const cell = row * gridCells + column;
    classes[cell] = digit + 1;
    boxes.set(encodeBox(box, anchors[cell]), cell * 4);
  }
  const taken = classes.filter((value) => value > 0).length;
  return {
    classes,
    boxes,
    weights: classes.map((value) => value > 0 ? foregroundShare / taken : (1 - foregroundShare) / (cells - taken)),
    boxWeights: classes.map((value) => value > 0 ? 1 / taken : 0),
  };
}

/** The same regions for the same scene, so that networks that learn from each other look at the same places. */
function regionsOf({ objects }: Scene): Box[] {
  const random = new Random(hashSeed("regions", ...objects.flatMap(({ box, digit }) => [digit, ...box])));
  const between = (least: number, most: number) => least + random.next() * (most - least);
  const near = objects.flatMap(({ box }) =>
    Array.from({ length: regionsPerObject }, (): Box => {
      const [width, height] = [box[2] - box[0], box[3] - box[1]];
      const x = (box[0] + box[2]) / 2 + between(-0.15, 0.15) * width;
      const y = (box[1] + box[3]) / 2 + between(-0.15, 0.15) * height;
      const [halfWidth, halfHeight] = [width / 2 * between(0.8, 1.25), height / 2 * between(0.8, 1.25)];
      return [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight];
    })
  );
  const elsewhere: Box[] = [];
  // Three objects leave room enough; were there none, whatever the last draws gave is labelled by its overlap all the same.
  for (let tries = 0; near.length + elsewhere.length < trainingRegions; tries++) {
    const [x, y] = [between(0, sceneSize), between(0, sceneSize)];
    const [halfWidth, halfHeight] = [anchorSize / 2 * between(0.6, 1.4), anchorSize / 2 * between(0.6, 1.4)];
    const region: Box = [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight];
    const clear = objects.every(({ box }) => intersectionOverUnion(box, region) < mostBackgroundOverlap);
    if (clear || tries > 100) elsewhere.push(region);
  }
  return [...near, ...elsewhere];
}

function assignRegions(scene: Scene): Assigned & { regions: Float32Array } {
  const regions = regionsOf(scene);
  const classes = new Float32Array(regions.length);
  const boxes = new Float32Array(regions.length * 4);
  for (const [index, region] of regions.entries()) {
    const overlaps = scene.objects.map(({ box }) => intersectionOverUnion(box, region));
    const best = overlaps.indexOf(Math.max(...overlaps));
    if (overlaps[best] < leastOverlap) continue;
    const { box, digit } = scene.objects[best];
    classes[index] = digit + 1;
    boxes.set(encodeBox(box, region), index * 4);
  }
  const taken = Math.max(1, classes.filter((value) => value > 0).length);
  return {
    classes,
    boxes,
    weights: classes.map(() => 1 / regions.length),
    boxWeights: classes.map((value) => value > 0 ? 1 / taken : 0),
    regions: Float32Array.from(regions.flat()),
  };
}

/** Per object class (digit + 1; 0: there is none) and box, for the score. */
function truthOf({ objects }: Scene): Float32Array {
  const truth = new Float32Array(mostObjects * 5);
  for (const [index, { digit, box }] of objects.entries()) truth.set([digit + 1, ...box], index * 5);
  return truth;
}

const cells = gridCells ** 2;

/**
 * By name: `cellClasses`, `cellWeights`, `cellBoxWeights` `[36]`, `cellBoxes` `[36, 4]`; the same of `region...` `[8]` with
 * `regions` `[8, 4]` in pixels; `truth` `[3, 5]`. Weights of classes, and of boxes, sum up to 1 per scene.
 */
export const detectionTargets: SceneTargets = {
  cellClasses: { shape: [cells], of: (scene) => assignCells(scene).classes },
  cellWeights: { shape: [cells], of: (scene) => assignCells(scene).weights },
  cellBoxes: { shape: [cells, 4], of: (scene) => assignCells(scene).boxes },
  cellBoxWeights: { shape: [cells], of: (scene) => assignCells(scene).boxWeights },
  regions: { shape: [trainingRegions, 4], of: (scene) => assignRegions(scene).regions },
  regionClasses: { shape: [trainingRegions], of: (scene) => assignRegions(scene).classes },
  regionWeights: { shape: [trainingRegions], of: (scene) => assignRegions(scene).weights },
  regionBoxes: { shape: [trainingRegions, 4], of: (scene) => assignRegions(scene).boxes },
  regionBoxWeights: { shape: [trainingRegions], of: (scene) => assignRegions(scene).boxWeights },
  truth: { shape: [mostObjects, 5], of: truthOf },
};
