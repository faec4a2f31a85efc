import { assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { Adam } from "../../../src/training/adam.ts";

await tf.setBackend("cpu");

Deno.test("adam takes the steps of tfjs's own Adam", () => {
  const before = tf.memory().numTensors;
  const initial = tf.tensor1d([1, -2, 0.5]);
  const reference = tf.variable(initial, true);
  const theirs = tf.train.adam(0.1, 0.9, 0.999, 1e-8);
  const ours = new Adam(3);
  let parameters = tf.tensor1d([1, -2, 0.5]);
  for (let step = 0; step < 5; step++) {
    const gradient = tf.tidy(() => tf.mul(parameters, [2, 1, 3]) as tf.Tensor1D);
    tf.tidy(() => theirs.applyGradients([{ name: reference.name, tensor: tf.mul(reference, [2, 1, 3]) }]));
    const updated = ours.update(parameters, gradient, 0.1);
    tf.dispose([parameters, gradient]);
    parameters = updated;
  }
  const expected = reference.dataSync();
  for (const [index, value] of parameters.dataSync().entries()) assertAlmostEquals(value, expected[index], 1e-5);
  parameters.dispose();
  ours.dispose();
  tf.dispose([initial, reference]);
  theirs.dispose();
  assertEquals(tf.memory().numTensors, before);
});
