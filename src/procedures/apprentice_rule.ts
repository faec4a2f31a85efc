// The apprentice's weights: full-precision ones behind low-precision ones, as WRPN (1709.01134) trains them.
import type { Network } from "../engine/network.ts";
import { kernelsOf, kernelValues, type KernelWeight } from "../quantisation/kernels.ts";
import type { QuantisedTensor } from "../quantisation/size.ts";
import { bestScale, quantiseWrpn } from "../quantisation/wrpn.ts";
import type { Architecture } from "../schemas/architecture.ts";
import type { ParameterRule } from "../training/parameter_rule.ts";
import { hiddenWeightsRule } from "../training/rules/hidden_weights_rule.ts";

export interface ApprenticeRule extends ParameterRule {
  /** The kernels as they are quantised now. */
  tensors(): QuantisedTensor[];
}

/**
 * The rule of a network in training whose kernels have `bits` bits, two being ternary. Each kernel keeps the scale that
 * suits its first values best. The gradient passes straight through the rounding; hidden weights stay within the scale.
 */
export async function apprenticeRule(
  network: Network,
  architecture: Architecture,
  options: { bits: number; skipEnds: boolean },
): Promise<ApprenticeRule> {
  const { bits } = options;
  const { parameters } = await network.readWeights();
  const kernels = kernelsOf(architecture, options).map((kernel) => ({
    kernel,
    scale: bestScale(kernelValues(parameters, kernel), bits),
  }));
  let tensors: QuantisedTensor[] = [];
  const quantise = (hidden: Float32Array, { kernel, scale }: { kernel: KernelWeight; scale: number }) =>
    quantiseWrpn(kernelValues(hidden, kernel), { bits, scale });
  const rule = await hiddenWeightsRule(network, {
    visible(hidden) {
      const visible = hidden.slice();
      tensors = kernels.map((entry) => {
        const { levels, values } = quantise(hidden, entry);
        kernelValues(visible, entry.kernel).set(values);
        return { levels, bits, extraNumbers: 1 };
      });
      return visible;
    },
    limit(hidden) {
      for (const { kernel, scale } of kernels) {
        const values = kernelValues(hidden, kernel);
        for (let i = 0; i < values.length; i++) values[i] = Math.min(scale, Math.max(-scale, values[i]));
      }
    },
  });
  return { ...rule, tensors: () => tensors };
}
