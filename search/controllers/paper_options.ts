// The numbers of the papers, for searches of thousands of samples: at hundreds, the defaults find far better students.
import type { ControllerName } from "../../src/schemas/search_options.ts";

/**
 * Options by controller. `ppo`: NASNet (arXiv 1707.07012, appendix A), which MnasNet (1807.11626) takes over; neither
 * gives the clip range and the epochs, which are PPO's usual ones here (1707.06347), and both update by 20
 * architectures at a time. `reinforce`: ENAS's macro search (1802.03268), as its code has it, but with the exact
 * entropy. `evolution`: Real et al. (1802.01548).
 */
export const paperControllerOptions: Readonly<Partial<Record<ControllerName, Record<string, unknown>>>> = {
  ppo: {
    hiddenSize: 100,
    initialRange: 0.1,
    logitBound: 0,
    learningRate: 3.5e-4,
    entropyWeight: 1e-5,
    rewards: "plain",
    critic: false,
    baselineDecay: 0.95,
    clipRange: 0.2,
    epochs: 10,
  },
  reinforce: {
    hiddenSize: 64,
    initialRange: 0.1,
    logitBound: 1.5,
    logitSlope: 1.5,
    learningRate: 1e-3,
    entropyWeight: 1e-4,
    rewards: "plain",
    baselineDecay: 0.99,
    minibatch: 20,
  },
  evolution: { population: 100, tournament: 25 },
};
