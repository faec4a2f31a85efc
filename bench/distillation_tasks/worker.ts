// A worker of the benchmark: a training at a time, in one thread.
import { startEngine } from "../../src/engine/start_engine.ts";
import { serveJobs } from "../distillation/serve.ts";
import { jobSchema } from "./job.ts";
import { JobRunner } from "./trainings.ts";

if (import.meta.main) {
  await serveJobs(async () => {
    const { engine } = await startEngine("wasm");
    const runner = new JobRunner(engine);
    return (job) => runner.run(jobSchema.parse(job));
  });
}
