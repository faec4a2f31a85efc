// Where a run and the cache keep their files.

/** Paths of one run and of the cache beside it. */
export interface RunFolder {
  name: string;
  folder: string;
  database: string;
  report: string;
  /** The options that give the run again. */
  options: string;
  /** What was learned of a device's latencies. */
  latencyTable(device: string): string;
  /** Copy of the weights that a growing space starts from. */
  backbone: string;
  /** Shared by all runs of a data folder. */
  cache: string;
  /** Weights of a trial, or of its longer training. */
  weights(role: "search" | "baseline", number: number, kind: "trial" | "final" | "sample"): string;
}

/** Folder of all runs under `dataDir`. */
export function runsFolder(dataDir: string): string {
  return `${dataDir}/runs`;
}

/** Folder of everything that can be made again under `dataDir`. */
export function cacheFolder(dataDir: string): string {
  return `${dataDir}/cache`;
}

/** The paths of run `name` under `dataDir`; nothing is created. */
export function runFolder(dataDir: string, name: string): RunFolder {
  const folder = `${runsFolder(dataDir)}/${name}`;
  return {
    name,
    folder,
    database: `${folder}/run.sqlite`,
    report: `${folder}/report.html`,
    options: `${folder}/run.json`,
    latencyTable: (device) => `${folder}/latency_table_${device}.json`,
    backbone: `${folder}/weights/backbone.safetensors`,
    cache: cacheFolder(dataDir),
    weights: (role, number, kind) =>
      `${folder}/weights/${role === "baseline" ? "baseline" : "trial"}-${number}${
        kind === "trial" ? "" : `-${kind}`
      }.safetensors`,
  };
}
