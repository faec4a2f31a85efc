// The probe page: pairs this browser with the Nacre that runs in a terminal, then measures what it is given.
import { flagMeaning, invalidates } from "../protocol/flags.ts";
import { median } from "../protocol/statistics.ts";
import type { JobAnswer } from "../protocol/wire.ts";
import { nextJob, type OnLost, pair, RefusedError, resumeSession, sendAnswer } from "./api.ts";
import { GpuLostError, runJob } from "./run_job.ts";
import { showDevice, showProblem, showResult, showStatus } from "./view.ts";

const reloadedKey = "reloaded after the GPU was lost";

let lost = false;

const onLost: OnLost = (pauseSeconds) => {
  if (pauseSeconds === null) {
    if (lost) showProblem(null);
    lost = false;
    return;
  }
  lost = true;
  showProblem(
    `The connection to Nacre is lost. Trying again in ${pauseSeconds} s. Is it still running in the terminal?`,
  );
};

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)) || "unknown error";
}

async function connect(): Promise<string> {
  const token = location.hash.slice(1);
  if (!token) return await resumeSession(onLost);
  const name = await pair(token, onLost);
  // The token has served; the cookie keeps this browser paired when the page is loaded again.
  history.replaceState(null, "", location.pathname);
  return name;
}

function showWaiting(): void {
  if (document.hidden) showStatus("Paused, as this page is hidden", "stopped");
  else showStatus("Ready, waiting for a network", "ready");
}

async function workOff(): Promise<void> {
  while (true) {
    showWaiting();
    const job = await nextJob(onLost);
    if (!job) continue;
    showStatus(`Timing a network of ${job.architecture.nodes.length} layers`, "busy");
    let answer: JobAnswer;
    let gpuLost = false;
    try {
      const measurement = await runJob(job);
      showResult(median(measurement.samplesMs), job.runtime);
      answer = { outcome: "measured", measurement };
      const doubt = measurement.flags.find(invalidates);
      showProblem(doubt ? `The last result does not count: ${flagMeaning(doubt)}.` : null);
      sessionStorage.removeItem(reloadedKey);
    } catch (error) {
      gpuLost = error instanceof GpuLostError;
      answer = { outcome: "failed", reason: messageOf(error).slice(0, 500) };
      showProblem(`The last network could not be timed: ${messageOf(error)}`);
    }
    await deliver(job.id, answer);
    if (gpuLost && !sessionStorage.getItem(reloadedKey)) {
      sessionStorage.setItem(reloadedKey, "yes");
      location.reload();
      return;
    }
  }
}

/** Sends an answer; one that came too late is dropped, since the job is given out again. */
async function deliver(id: string, answer: JobAnswer): Promise<void> {
  try {
    await sendAnswer(id, answer, onLost);
  } catch (error) {
    const late = error instanceof RefusedError && (error.status === 404 || error.status === 410);
    if (!late) throw error;
  }
}

try {
  showDevice(await connect());
  await workOff();
} catch (error) {
  const finished = error instanceof RefusedError && error.status === 410;
  showStatus(finished ? "Finished, this page can be closed" : "Stopped", "stopped");
  if (!finished) showProblem(messageOf(error));
}
