import * as tf from "@tensorflow/tfjs";
import { exportTfjsGraph } from "../tfjs_graph.ts";
import type { ExportFormat } from "./format.ts";
import { checkedByTfjs, runTfjs, tfjsFiles, tfjsSource } from "./tfjs_files.ts";

/** Batches of any size; an image at `[height, width, channels]`. */
export const tfjsGraph: ExportFormat = {
  summary: "TF.js GraphModel",
  checkedBy: checkedByTfjs,
  encode(architecture, weights, options) {
    const { modelJson, weights: bytes } = exportTfjsGraph(architecture, weights, options);
    return tfjsFiles(modelJson, bytes);
  },
  open: async (files) => runTfjs(await tf.loadGraphModel(await tfjsSource(files))),
};
