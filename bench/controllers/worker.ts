// A worker of the benchmark: a controller on a landscape at a time.
import { serveJobs } from "../distillation/serve.ts";
import { jobSchema, runJob } from "./job.ts";

if (import.meta.main) {
  await serveJobs(() =>
    Promise.resolve((job) => Promise.resolve({ type: "done", bests: runJob(jobSchema.parse(job)) }))
  );
}
