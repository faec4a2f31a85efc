import { architectureHash, architectureSchema } from "../../schemas/architecture.ts";
import { howToRead } from "../how_to_read.ts";
import { runDeployed } from "../run_deployed.ts";
import { decodeSafetensors, encodeSafetensors } from "../safetensors.ts";
import { bytesOf, type ExportFormat } from "./format.ts";

const weightsFile = "model.safetensors";
const architectureFile = "architecture.json";
const textFile = "HOW_TO_READ.md";

/** Weights as trained, batch norm not folded, and the network's description: what Nacre itself goes on with. */
export const safetensors: ExportFormat = {
  summary: "safetensors and architecture",
  checkedBy: "Nacre",
  encode: (architecture, weights, { normalisation } = {}) => ({
    [weightsFile]: encodeSafetensors(architecture, weights, { normalisation, statesEpsilon: true }) as Uint8Array<
      ArrayBuffer
    >,
    [architectureFile]: `${JSON.stringify(architecture, null, 2)}\n`,
    [textFile]: `# How to read ${weightsFile}\n\n${howToRead(architecture)}\n`,
  }),
  open(files) {
    const { architecture, weights } = decodeSafetensors(bytesOf(files, weightsFile), weightsFile);
    const described = architectureSchema.parse(
      JSON.parse(new TextDecoder().decode(bytesOf(files, architectureFile))),
    );
    if (architectureHash(described) !== architectureHash(architecture)) {
      throw new Error(`${architectureFile} is of another network than ${weightsFile}`);
    }
    return Promise.resolve(runDeployed(described, weights));
  },
};
