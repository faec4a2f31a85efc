// The space `mnas-uniform`: one layer specification for all seven blocks of `mnas`, as cell-based searches repeat one
// cell. It is what the factorised space is compared with (MnasNet, 1807.11626).
import { type Architecture, architectureHash } from "../schemas/architecture.ts";
import { createMnasSpace, type MnasForm } from "./mnas.ts";
import type { SearchSpace, SpaceDecision, SpaceOptions } from "./space.ts";
import { checkTokens } from "./tokens.ts";

const firstBlock = /^block1\./;

/** The space: the decisions of a block of `mnas`, which hold for every block. */
export function createMnasUniformSpace(options: SpaceOptions & { form?: MnasForm }): SearchSpace {
  const mnas = createMnasSpace(options);
  const decisions: SpaceDecision[] = mnas.decisions.flatMap(({ choices, name }) =>
    firstBlock.test(name) ? { name: name.replace(firstBlock, ""), choices } : []
  );
  const blocks = mnas.decisions.length / decisions.length;
  const network = (tokens: readonly number[]): Architecture => mnas.decode(Array(blocks).fill(tokens).flat());
  const every = decisions.reduce<number[][]>(
    (combinations, { choices }) => combinations.flatMap((head) => choices.map((_choice, token) => [...head, token])),
    [[]],
  );
  return {
    name: "mnas-uniform",
    decisions,
    decode(tokens) {
      checkTokens("mnas-uniform", decisions, tokens);
      return { ...network(tokens), origin: { space: "mnas-uniform", tokens: [...tokens] } };
    },
    encode(architecture) {
      const hash = architectureHash(architecture);
      const same = (tokens: readonly number[]) => architectureHash(network(tokens)) === hash;
      const { origin } = architecture;
      if (origin?.space === "mnas-uniform") {
        checkTokens("mnas-uniform", decisions, origin.tokens);
        if (same(origin.tokens)) return [...origin.tokens];
      }
      const found = every.find(same);
      if (!found) throw new RangeError("this network is not in the space mnas-uniform");
      return [...found];
    },
    reference: mnas.reference,
  };
}
