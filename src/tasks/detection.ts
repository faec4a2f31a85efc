// The task "detection": which digits are in a scene, and where.
import { detectionLoss } from "../distillation/detection_losses.ts";
import { createOneStageHead, createTwoStageHead, type DetectionHead } from "./detection_heads.ts";
import { meanAveragePrecision, readDetections, readTruth } from "./detection_score.ts";
import { detectionTargets } from "./detection_targets.ts";
import { allTargets, makeSceneData } from "./scenes_data.ts";
import type { Task } from "./task.ts";

/** The task with a head of one or of two stages; teacher and student need the same. */
export function createDetection({ head }: { head: DetectionHead }): Task {
  const create = head === "one-stage" ? createOneStageHead : createTwoStageHead;
  return {
    name: "detection",
    summary: `digits and their boxes in scenes, a detector of ${head === "one-stage" ? "one stage" : "two stages"}`,
    makeData: (options) => makeSceneData(options, detectionTargets),
    createHead: (taps, { seed }) => create(taps, seed),
    loss: detectionLoss,
    score(outputs, set) {
      const detections = readDetections(outputs);
      const truth = readTruth(allTargets(set, "truth"));
      return { map50: meanAveragePrecision(detections, truth), map75: meanAveragePrecision(detections, truth, 0.75) };
    },
    higherIsBetter: true,
  };
}

export const detection = createDetection({ head: "one-stage" });
