// What the page shows, kept in sessionStorage: it is loaded anew for each part of a session, and draws its last state
// first, so that a person sees one page that goes on rather than one that flashes.
import * as z from "zod";
import { contentHash } from "../../src/schemas/architecture.ts";
import { type LoadRequest, profileSchema, runtimeSchema } from "../../src/schemas/measurement.ts";
import { emptyTrace, traceSchema } from "./trace.ts";

export const toneSchema = z.enum(["ready", "busy", "paused", "stopped"]);

const resultSchema = z.strictObject({
  /** Of the network within its session, so that a later load of the session takes the place of an earlier one. */
  key: z.string(),
  label: z.string(),
  runtime: runtimeSchema,
  /** One median for each load. */
  mediansMs: z.array(z.number().positive()).min(1),
  /** Milliseconds since 1970. */
  at: z.number(),
});

const stateSchema = z.strictObject({
  device: z.string().optional(),
  lan: z.boolean(),
  status: z.strictObject({ tone: toneSchema, headline: z.string(), detail: z.string() }),
  session: z.strictObject({
    key: z.string(),
    runtime: runtimeSchema,
    profile: profileSchema,
    load: z.int(),
    loads: z.int(),
    candidates: z.int(),
    trace: traceSchema,
  }).optional(),
  /** Since this tab was opened. */
  networksTimed: z.int(),
  /** Newest first. */
  results: z.array(resultSchema),
});

export type Tone = z.infer<typeof toneSchema>;
export type Result = z.infer<typeof resultSchema>;
export type PageState = z.infer<typeof stateSchema>;

const stateKey = "nacre-page-state";
const resultsAtMost = 12;

const firstState: PageState = {
  lan: false,
  status: { tone: "busy", headline: "Connecting to Nacre", detail: "" },
  networksTimed: 0,
  results: [],
};

/** The last state of this tab; the first one where there is none, or one of another version of this page. */
export function loadState(storage: Pick<Storage, "getItem">): PageState {
  let stored: unknown;
  try {
    stored = JSON.parse(storage.getItem(stateKey) ?? "null");
  } catch {
    stored = null;
  }
  return stateSchema.safeParse(stored).data ?? firstState;
}

/** Keeps the state for the next load. A full or forbidden storage costs only the picture. */
export function saveState(storage: Pick<Storage, "setItem">, state: PageState): void {
  try {
    storage.setItem(stateKey, JSON.stringify(state));
  } catch {
    // Nothing else depends on it.
  }
}

/** The state as a load begins: within a session the chart of the load before stays until there are new samples. */
export function withLoad(state: PageState, request: LoadRequest): PageState {
  const { runtime, profile, load, loads, networks } = request;
  const key = contentHash({ runtime, profile, networks });
  const trace = state.session?.key === key ? state.session.trace : emptyTrace;
  return { ...state, session: { key, runtime, profile, load, loads, candidates: networks.length - 2, trace } };
}

/** The state with the medians of a finished load, by candidate; undefined where one could not be timed. */
export function withResults(
  state: PageState,
  request: LoadRequest,
  mediansMs: readonly (number | undefined)[],
  at: number,
): PageState {
  let { results, networksTimed } = state;
  mediansMs.forEach((medianMs, candidate) => {
    if (medianMs === undefined) return;
    const network = request.networks[candidate + 2];
    const key = `${state.session?.key} ${candidate}`;
    const earlier = request.load > 0 ? results.find((result) => result.key === key) : undefined;
    if (!earlier) networksTimed++;
    const result: Result = {
      key,
      label: labelOf(network),
      runtime: request.runtime,
      mediansMs: [...earlier?.mediansMs ?? [], medianMs],
      at,
    };
    results = [result, ...results.filter((other) => other !== earlier)];
  });
  return { ...state, results: results.slice(0, resultsAtMost), networksTimed };
}

/** What a network is, in a few words. */
export function labelOf({ source }: LoadRequest["networks"][number]): string {
  switch (source.kind) {
    case "architecture":
      return `network of ${source.architecture.nodes.length} layers`;
    case "tfjs":
      return `TensorFlow.js model, ${megabytes(source.files.reduce((sum, file) => sum + file.bytes, 0))}`;
    case "onnx":
      return `ONNX model, ${megabytes(source.file.bytes)}`;
    default:
      throw new Error(`no such source: ${source satisfies never}`);
  }
}

/** For people: "0.4 MB", "12 MB". */
export function megabytes(bytes: number): string {
  const value = bytes / 1e6;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} MB`;
}
