import * as tf from "@tensorflow/tfjs";
import { exportTfjs } from "../tfjs.ts";
import type { ExportFormat } from "./format.ts";
import { checkedByTfjs, runTfjs, tfjsFiles, tfjsSource } from "./tfjs_files.ts";

/** Batches of any size; an image at `[height, width, channels]`. */
export const tfjs: ExportFormat = {
  summary: "TF.js LayersModel",
  checkedBy: checkedByTfjs,
  encode(architecture, weights, options) {
    const { modelJson, weights: bytes } = exportTfjs(architecture, weights, options);
    return tfjsFiles(modelJson, bytes);
  },
  open: async (files) => runTfjs(await tf.loadLayersModel(await tfjsSource(files))),
};
