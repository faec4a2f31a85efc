import type { LoadRequest } from "../../../src/schemas/measurement.ts";
import { PROTOCOL } from "../../../src/schemas/measurement.ts";

function network(filters: number): LoadRequest["networks"][number] {
  return {
    source: {
      kind: "architecture",
      architecture: {
        version: 1,
        input: { height: 8, width: 8, channels: 3 },
        classes: 10,
        nodes: [
          { op: "conv", inputs: [-1], kernel: 3, stride: 1, filters, activation: "relu" },
          { op: "globalAveragePool", inputs: [0] },
          { op: "dense", inputs: [1], units: 10 },
        ],
      },
      seed: 1,
    },
    input: { shape: [1, 8, 8, 3], seed: 1, channelsFirst: false },
  };
}

/** A request with two references and as many candidates as asked for. */
export function fakeRequest({ candidates = 1, ...change }: Partial<LoadRequest> & { candidates?: number } = {}) {
  const request: LoadRequest = {
    protocol: PROTOCOL,
    runtime: "tfjs-wasm",
    profile: "standard",
    seed: 1,
    load: 0,
    loads: 3,
    networks: Array.from({ length: candidates + 2 }, (_, index) => network(index + 1)),
    ...change,
  };
  return request;
}
