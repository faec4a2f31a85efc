/**
 * What trains in place of the network's own optimizer, for methods whose network runs on values made from other ones:
 * quantised from full precision, gathered from learned points, masked. It is made for one network.
 */
export interface ParameterRule {
  /**
   * Takes the gradient of the backward pass that was run last, and leaves new parameters in the network. It calls
   * `network.update` once (with a rate of 0 where it has an optimizer of its own), which counts the step: batch norm's moving
   * averages and the seeds of dropout go by that.
   */
  update(learningRate: number): Promise<void>;
}
