import type { NodeOf } from "../../../../src/schemas/architecture.ts";
import { withoutActivation } from "./linear.ts";
import type { ReferenceOp } from "./reference_op.ts";
import { at, zerosLike } from "./tensor.ts";
import { pixels, pixelsSeen, stridedZeros } from "./window.ts";

/** The largest of a window, the first of equals; padding does not count. */
export const maxPool: ReferenceOp<NodeOf<"maxPool">> = (node, [x], { margin }) => {
  const output = stridedZeros(x, node, x.channels);
  const winners = new Map<number, number>();
  for (const { image, y: row, x: column } of pixels(output)) {
    const seen = [...pixelsSeen(x, node, row, column)];
    for (let channel = 0; channel < x.channels; channel++) {
      const places = seen.map(({ inputY, inputX }) => at(x, image, inputY, inputX, channel));
      const largest = Math.max(...places.map((place) => x.data[place]));
      const winner = places.find((place) => x.data[place] === largest) ?? places[0];
      const o = at(output, image, row, column, channel);
      output.data[o] = largest;
      winners.set(o, winner);
      for (const place of places) if (x.data[place] !== largest) margin(largest - x.data[place]);
    }
  }
  return withoutActivation(output, (gradient) => {
    const input = zerosLike(x);
    for (const [o, i] of winners) input.data[i] += gradient.data[o];
    return { inputs: [input], parameters: [] };
  });
};
