// What was learned of a device's latencies, as JSON that other programs can read too.
import * as z from "zod";
import { architectureHash, architectureSchema } from "../../src/schemas/architecture.ts";
import { deviceNamePattern } from "../../src/schemas/device_fields.ts";
import { deviceDescriptionSchema, PROTOCOL, runtimeSchema } from "../../src/schemas/measurement.ts";

/**
 * The latencies of networks on one device, and the linear model fitted to them: a network's latency in milliseconds is
 * the sum over `features` of value times coefficient. Only the observations are read back, the model follows from them.
 */
export const latencyTableSchema = z.strictObject({
  version: z.literal(1),
  protocol: z.literal(PROTOCOL),
  // Its name becomes a part of a file's.
  device: deviceDescriptionSchema.extend({ name: z.string().regex(deviceNamePattern) }),
  runtime: runtimeSchema,
  backend: z.string().min(1),
  /** What each number of an observation's `features` is, and its cost; empty before 8 observations. */
  features: z.array(z.strictObject({ name: z.string(), unit: z.string(), coefficientMs: z.number() })),
  /** One per network, ordered by hash. */
  observations: z.array(z.strictObject({
    architectureHash: z.string().regex(/^[0-9a-f]{64}$/),
    architecture: architectureSchema,
    /** As measured, corrected to the references' nominal times. */
    latencyMs: z.number().positive(),
    /** In the order of the table's `features`. */
    features: z.array(z.number()),
  })),
});

export type LatencyTable = z.infer<typeof latencyTableSchema>;

/** Error in one line that names what differs where `table` is not of the expected device, runtime or backend. */
export function checkTable(
  table: LatencyTable,
  expected: { device?: string; runtime?: string; backend?: string },
): void {
  const given = { device: table.device.name, runtime: table.runtime, backend: table.backend };
  for (const field of ["device", "runtime", "backend"] as const) {
    const wanted = expected[field];
    if (wanted !== undefined && given[field] !== wanted) {
      throw new Error(`latency table: its ${field} is "${given[field]}", expected "${wanted}"`);
    }
  }
}

function withOwnHashes(table: LatencyTable, path: string): LatencyTable {
  const wrong = table.observations.findIndex((one) => architectureHash(one.architecture) !== one.architectureHash);
  if (wrong < 0) return table;
  throw new Error(`latency table ${path}: observations.${wrong}.architectureHash: not that of its architecture`);
}

/** Reads a table; Error in one line that names the file and the first thing wrong with it. */
export function readLatencyTable(path: string): LatencyTable {
  let value: unknown;
  try {
    value = JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    throw new Error(`latency table ${path}: ${error instanceof SyntaxError ? "not JSON" : (error as Error).message}`);
  }
  const parsed = latencyTableSchema.safeParse(value);
  if (parsed.success) return withOwnHashes(parsed.data, path);
  const [{ message, path: place }] = parsed.error.issues;
  throw new Error(`latency table ${path}: ${place.join(".") || "the whole"}: ${message}`);
}
