/** All outputs of a network one after the other; a single one as it is. */
export function concatenate(outputs: readonly ArrayLike<number | bigint>[]): Float32Array {
  if (outputs.length === 1 && outputs[0] instanceof Float32Array) return outputs[0];
  const all = new Float32Array(outputs.reduce((sum, { length }) => sum + length, 0));
  let place = 0;
  for (const output of outputs) {
    for (let index = 0; index < output.length; index++) all[place++] = Number(output[index]);
  }
  return all;
}
