// Networks that nobody searched for: the reference in other widths, and networks of one and the same layer throughout.
import type { Architecture } from "../../src/schemas/architecture.ts";
import type { SearchSpace } from "../../src/spaces/space.ts";

/** Layers of the networks that MnasNet (1807.11626, table 6) sets beside its own. */
const uniformLayers = [
  { convOp: "mbconv3", kernel: 3 },
  { convOp: "mbconv3", kernel: 5 },
  { convOp: "mbconv6", kernel: 3 },
  { convOp: "mbconv6", kernel: 5 },
] as const;

export const uniformKinds = uniformLayers.length;

export interface NamedNetwork {
  name: string;
  architecture: Architecture;
}

const slowestWithin = (
  networks: readonly NamedNetwork[],
  { latencyMs, targetMs }: { latencyMs: (architecture: Architecture) => number; targetMs: number },
): NamedNetwork | undefined => {
  const timed = networks.map((network) => ({ network, ms: latencyMs(network.architecture) }));
  return timed.filter(({ ms }) => ms <= targetMs).sort((a, b) => b.ms - a.ms).at(0)?.network;
};

/** The reference network as wide as the target allows; undefined where none is fast enough. */
export function scaledReference(
  space: SearchSpace,
  limits: { latencyMs: (architecture: Architecture) => number; targetMs: number },
): NamedNetwork | undefined {
  const widths = Array.from({ length: 60 }, (_, step) => (step + 1) / 20);
  return slowestWithin(
    widths.map((width) => ({ name: `width ${width}`, architecture: space.reference(width) })),
    limits,
  );
}

/**
 * Of each kind of layer the network of this layer alone, in `space`, the uniform one, without squeeze-and-excite and with
 * identity shortcuts, of those widths and depths that take the most of the target; kinds of which none is fast enough are
 * left out.
 */
export function uniformNetworks(
  space: SearchSpace,
  limits: { latencyMs: (architecture: Architecture) => number; targetMs: number },
): NamedNetwork[] {
  const place = (suffix: string) => {
    const found = space.decisions.findIndex(({ name }) => name.endsWith(suffix));
    if (found < 0) throw new Error(`the space ${space.name} has no decision "${suffix}"`);
    return found;
  };
  const token = (suffix: string, choice: string | number) => {
    const found = space.decisions[place(suffix)].choices.indexOf(choice);
    if (found < 0) throw new Error(`the space ${space.name} has no ${suffix} "${choice}"`);
    return found;
  };
  return uniformLayers.flatMap(({ convOp, kernel }) => {
    const sizes = space.decisions[place("filterMultiplier")].choices.flatMap((_multiplier, multiplierToken) =>
      space.decisions[place("layerDelta")].choices.map((_delta, deltaToken): NamedNetwork => {
        const tokens = space.decisions.map(() => 0);
        tokens[place("convOp")] = token("convOp", convOp);
        tokens[place("kernel")] = token("kernel", kernel);
        tokens[place("seRatio")] = token("seRatio", 0);
        tokens[place("skip")] = token("skip", "identity");
        tokens[place("filterMultiplier")] = multiplierToken;
        tokens[place("layerDelta")] = deltaToken;
        return { name: `${convOp} ${kernel}x${kernel}`, architecture: space.decode(tokens) };
      })
    );
    return slowestWithin(sizes, limits) ?? [];
  });
}
