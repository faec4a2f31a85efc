// What a probe page and its server say to each other.
import { z } from "zod";
import { measureJobSchema, rawMeasurementSchema } from "../../src/schemas/measurement.ts";

/** Random name of one load of a page: of several loads of one browser only the newest gets jobs. */
const pageSchema = z.string().min(8).max(64);

/** POST /api/pair: a single-use token for a session cookie. */
export const pairRequestSchema = z.strictObject({ token: z.string().min(1).max(128), page: pageSchema });

/** POST /api/session: a new load of a paired page. */
export const sessionRequestSchema = z.strictObject({ page: pageSchema });

/** Answer to both. */
export const sessionSchema = z.strictObject({ name: z.string() });

/** POST /api/jobs/next: asks for a job, waiting a while for one. A hidden page is alive but gets none. */
export const pollRequestSchema = z.strictObject({ page: pageSchema, hidden: z.boolean() });

/** Its answer, with status 200; 204: none yet. */
export const jobSchema = measureJobSchema;

/** POST /api/jobs/:id/result. */
export const jobAnswerSchema = z.discriminatedUnion("outcome", [
  z.strictObject({ outcome: z.literal("measured"), measurement: rawMeasurementSchema }),
  z.strictObject({ outcome: z.literal("failed"), reason: z.string().min(1).max(500) }),
]);

/** Body of every refusal. */
export const refusalSchema = z.object({ error: z.string() });

export type JobAnswer = z.infer<typeof jobAnswerSchema>;
