// Every format by name. A missing row does not compile.
import type { ExportFormatName } from "../../schemas/export_options.ts";
import type { ExportFormat } from "./format.ts";
import { onnx } from "./onnx.ts";
import { safetensors } from "./safetensors.ts";
import { tfjs } from "./tfjs.ts";
import { tfjsGraph } from "./tfjs_graph.ts";

export const exportFormats: Readonly<Record<ExportFormatName, ExportFormat>> = {
  "tfjs-graph": tfjsGraph,
  tfjs,
  onnx,
  safetensors,
};
