import { type LoadReport, type LoadRequest, PROTOCOL } from "../../src/schemas/measurement.ts";
import type { Architecture } from "../../src/schemas/architecture.ts";

const architecture: Architecture = {
  version: 1,
  input: { height: 8, width: 8, channels: 1 },
  classes: 3,
  nodes: [
    { op: "conv", inputs: [-1], kernel: 3, stride: 2, filters: 4, activation: "relu6" },
    { op: "globalAveragePool", inputs: [0] },
    { op: "dense", inputs: [1], units: 3 },
  ],
};

/** A load of one candidate beside two references. */
export function sampleRequest(seed: number): LoadRequest {
  const network = (networkSeed: number) => ({
    source: { kind: "architecture" as const, architecture, seed: networkSeed },
    input: { shape: [1, 8, 8, 1], seed: 1, channelsFirst: false },
  });
  return {
    protocol: PROTOCOL,
    runtime: "tfjs-wasm",
    profile: "fast",
    seed,
    load: 0,
    loads: 1,
    networks: [network(1), network(2), network(seed)],
  };
}

/** A report of `rounds` rounds of three networks. */
export function sampleReport(rounds: number): LoadReport {
  const timed = {
    outcome: "timed" as const,
    cold: { downloadMs: 0, buildMs: 0, firstInferenceMs: 0 },
    outputs: [0.1, 0.2, 0.7],
    runsPerSample: 1,
  };
  return {
    protocol: PROTOCOL,
    backend: "simulated",
    environment: {
      userAgent: "simulated",
      crossOriginIsolated: true,
      clockTickMs: 0.005,
      wakeLock: "absent",
      settings: {},
    },
    networks: [timed, timed, timed],
    warmUp: { ms: 0, runs: 100, steady: true },
    pauses: [],
    rounds,
    flags: [],
  };
}

/** Rounds of three networks, of about `bytes` bytes as JSON; each time is `sampleMs` or a little more. */
export function sampleRounds(bytes: number, sampleMs: number): number[][] {
  const rounds: number[][] = [];
  for (let length = 2; length < bytes;) {
    const round = [0, 1, 2].map((column) => sampleMs * (1 + 1e-7 * (rounds.length * 3 + column)));
    rounds.push(round);
    length += JSON.stringify(round).length + 1;
  }
  return rounds;
}
