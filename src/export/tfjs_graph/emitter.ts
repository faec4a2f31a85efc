import type { ArchitectureNode } from "../../schemas/architecture.ts";
import type { EmitterInto } from "../emitter.ts";
import type { GraphBuilder } from "./graph_def.ts";

/**
 * As nodes of a graph, kernel by kernel as src/ops runs an op; they give `[batch, height, width, channels]`, or
 * `[batch, channels]` after global pooling.
 */
export type Emitter<Node extends ArchitectureNode = ArchitectureNode> = EmitterInto<GraphBuilder, Node>;
