import type { ArchitectureNode } from "../../schemas/architecture.ts";
import type { EmitterInto } from "../emitter.ts";
import type { LayerList } from "./layer_list.ts";

/** As layers, which give `[batch, height, width, channels]`, or `[batch, channels]` after global pooling. */
export type Emitter<Node extends ArchitectureNode = ArchitectureNode> = EmitterInto<LayerList, Node>;
