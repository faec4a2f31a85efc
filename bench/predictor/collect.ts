// Measures students on a device and keeps each result at once: a kill costs the session that was under way.
import * as z from "zod";
import type { Device } from "../../devices/mod.ts";
import { sessionModels } from "../../search/latency/device_queue.ts";
import { deviceLatencies } from "../../search/latency/devices.ts";
import { latencyInterval } from "../../search/latency/measurement_on.ts";
import {
  type Architecture,
  architectureHash,
  architectureSchema,
  contentHash,
} from "../../src/schemas/architecture.ts";
import { deviceDescriptionSchema, profileSchema, PROTOCOL, runtimeSchema } from "../../src/schemas/measurement.ts";
import type { ProfileName, RuntimeName } from "../../src/schemas/measurement.ts";
import type { Records } from "../distillation/records.ts";
import { spaceNames, type StudentSpace } from "./students.ts";

const keptSchema = { key: z.string(), space: z.enum(spaceNames), architecture: architectureSchema };

export const studentRecordSchema = z.discriminatedUnion("type", [
  z.strictObject({
    ...keptSchema,
    type: z.literal("measured"),
    protocol: z.literal(PROTOCOL),
    device: deviceDescriptionSchema,
    runtime: runtimeSchema,
    backend: z.string(),
    profile: profileSchema,
    latencyMs: z.number().positive(),
    /** Of the measurement's own 95 % interval. */
    lowMs: z.number().positive(),
    highMs: z.number().positive(),
    /** The same for the students of one session. */
    session: z.string(),
    /** Of device time: its share of the session that it was measured in. */
    seconds: z.number().positive(),
    measuredAt: z.iso.datetime(),
  }),
  z.strictObject({ ...keptSchema, type: z.literal("failed"), reason: z.string() }),
]);

export type StudentRecord = z.infer<typeof studentRecordSchema>;
export type MeasuredStudent = Extract<StudentRecord, { type: "measured" }>;

export interface CollectOptions {
  device: Device;
  runtime: RuntimeName;
  profile: ProfileName;
  /** Of weights and inputs. */
  seed: number;
  records: Records<StudentRecord>;
  /** A measurement for each: 1 for one more beside the first, which says how far two agree. Default 0. */
  repeat?: number;
  /** In milliseconds of `clock`: no session is begun from then on. */
  deadlineMs: number;
  clock: () => number;
  log: (line: string) => void;
}

/** Measures those of `students` that are not in the records yet. One that fails is kept as failed, and tried again. */
export async function collect(
  space: StudentSpace,
  students: readonly Architecture[],
  { clock, deadlineMs, device, log, profile, records, repeat = 0, runtime, seed }: CollectOptions,
): Promise<MeasuredStudent[]> {
  const keyOf = (architecture: Architecture) =>
    contentHash([
      PROTOCOL,
      device.name,
      device.describe().description,
      runtime,
      profile,
      architectureHash(architecture),
      repeat,
    ]);
  const latencies = deviceLatencies([device], { runtime, profile, seed, onGone: () => false });
  const missing = students.filter((architecture) => !records.isDone(keyOf(architecture)));
  for (let start = 0; start < missing.length && clock() < deadlineMs; start += sessionModels) {
    const group = missing.slice(start, start + sessionModels);
    log(`${space}: ${students.length - missing.length + start} of ${students.length} measured`);
    const startMs = clock();
    const outcomes = await Promise.all(latencies.measure(group).outcomes);
    const seconds = (clock() - startMs) / 1000 / group.length;
    for (const [index, architecture] of group.entries()) {
      const kept = { key: keyOf(architecture), space, architecture };
      const outcome = outcomes[index];
      if ("error" in outcome) {
        log(outcome.error);
        records.add({ ...kept, type: "failed", reason: outcome.error });
        continue;
      }
      const [measurement] = outcome.measurements;
      const { backend, device: described, latencyMs, measuredAt, protocol } = measurement;
      const [lowMs, highMs] = latencyInterval(measurement);
      records.add({
        ...kept,
        type: "measured",
        protocol,
        device: described,
        runtime,
        backend,
        profile,
        latencyMs,
        lowMs,
        highMs,
        session: keyOf(group[0]),
        seconds,
        measuredAt,
      });
    }
  }
  return students.flatMap((architecture) => {
    const record = records.get(keyOf(architecture));
    return record?.type === "measured" ? [record] : [];
  });
}
