// The networks that the space `growth` starts from.
import { requireSingleGates } from "../ops/require_single_gates.ts";
import { cifarResnet } from "../models/cifar_resnet.ts";
import type { Architecture } from "../schemas/architecture.ts";
import type { SpaceOptions } from "./space.ts";

// `auto` for images that a laptop trains on: narrow, so that an epoch takes seconds.
const narrow = [8, 16, 32] as const;
const depths = { resnet8: 8, resnet14: 14, resnet20: 20, resnet32: 32, resnet44: 44, resnet56: 56 } as const;

/** Names of backbones; the residual networks are those for CIFAR (1512.03385), in their published widths. */
export const growthBackboneNames = ["auto", ...Object.keys(depths) as (keyof typeof depths)[]] as const;

/** The backbone by name, or as given: RangeError where that one is for other images or classes, or cannot be trained. */
export function growthBackbone(
  { height, width, channels, classes }: SpaceOptions,
  backbone: typeof growthBackboneNames[number] | Architecture,
): Architecture {
  const input = { height, width, channels };
  if (typeof backbone === "string") {
    if (backbone !== "auto") return cifarResnet({ depth: depths[backbone], input, classes });
    return Math.min(height, width) >= 32 && channels === 3
      ? cifarResnet({ depth: 20, input, classes })
      : cifarResnet({ depth: 8, input, classes, widths: narrow });
  }
  const told = (of: typeof input & { classes: number }) =>
    `${of.height}x${of.width}x${of.channels}, ${of.classes} classes`;
  const [theirs, ours] = [{ ...backbone.input, classes: backbone.classes }, { ...input, classes }].map(told);
  if (theirs !== ours) throw new RangeError(`the backbone is for ${theirs}; the data has ${ours}`);
  requireSingleGates(backbone);
  const { origin: _origin, ...network } = backbone;
  return network;
}
