import type { ArchitectureNode } from "../../schemas/architecture.ts";
import type { EmitterInto } from "../emitter.ts";
import type { GraphBuilder } from "./graph_builder.ts";

/** As ONNX nodes, which give `[batch, channels, height, width]`, or `[batch, channels]` after global pooling. */
export type Emitter<Node extends ArchitectureNode = ArchitectureNode> = EmitterInto<GraphBuilder, Node>;
