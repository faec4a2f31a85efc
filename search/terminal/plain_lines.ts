// Progress for pipes, files and continuous integration: one line per event that matters, never an escape code.
import { formatDuration, formatMilliseconds, formatPercent } from "../../src/cli/format.ts";
import { bestTrials } from "../completed_trials.ts";
import type { ShownEvent } from "../events.ts";
import { targetName } from "../report/report_data.ts";
import type { ProgressOptions } from "./live_view.ts";
import { initialState, nextState, type RunState } from "./run_state.ts";
import { plainText } from "../../src/cli/text_width.ts";
import { deviceWords, progressWords, timeLeftWords, trialHeading, trialOutcome } from "./words.ts";

const QUIET_MS = 5_000;
const QUIET_SHARE = 0.1;

/** Returns a listener that writes a line, with its newline, for each event that is worth one. */
export function createPlainLines(options: Pick<ProgressOptions, "isAccuracyAlone" | "now" | "write">) {
  const { write, now } = options;
  let state = initialState(now(), options.isAccuracyAlone);
  let lastLine = { atMs: state.startedMs, share: 0 };
  let lastWaiting = "";

  function say(text: string): void {
    // Messages may have several lines, for instance a QR code.
    write(`${text.split("\n").map(plainText).join("\n")}\n`);
  }

  function sayProgress(): void {
    const { phase, progress } = state;
    if (phase === null || progress === null || progress.total <= 0) return;
    const share = progress.done / progress.total;
    const finished = share >= 1 && lastLine.share < 1;
    if (!finished && (now() - lastLine.atMs < QUIET_MS || share - lastLine.share < QUIET_SHARE)) return;
    lastLine = { atMs: now(), share };
    say([`${phase.name}: ${progressWords(progress)}`, timeLeftWords(progress, now())].filter(Boolean).join(", "));
  }

  return function handle(event: ShownEvent): void {
    const before = state;
    state = nextState(state, event, now());
    switch (event.type) {
      case "start":
        return say(startLine(state));
      case "phase":
        lastLine = { atMs: now(), share: 0 };
        return say(`${event.phase}: ${event.message}`);
      case "targets":
        return say(
          `${targetName(state)}: ${
            event.targets.map(({ device, targetMs }) => `${formatMilliseconds(targetMs)} ms on ${device}`).join(", ")
          }`,
        );
      case "progress":
        return sayProgress();
      case "device": {
        const words = deviceWords(before, event);
        return words ? say(words) : undefined;
      }
      case "trial":
        return say(`${trialHeading(event.trial, state)}: ${trialOutcome(event.trial)}${bestWords(state)}`);
      case "waiting":
        if (event.message !== lastWaiting) say(event.message);
        lastWaiting = event.message;
        return;
      case "note":
        return say(event.message);
      case "done":
        return say(`${event.outcome} after ${formatDuration(event.seconds)}: ${event.message}`);
      case "trainer":
      case "rescored":
        return;
      default:
        return event satisfies never;
    }
  };
}

function startLine({ run, plannedTrials, trials }: RunState): string {
  const stored = trials.length > 0 ? `, ${trials.length} results stored by an earlier start` : "";
  return `run ${run}: ${plannedTrials} trials${stored}`;
}

function bestWords({ trials }: RunState): string {
  const [best] = bestTrials(trials.filter(({ role }) => role === "search"), 1);
  return best ? ` (best: trial ${best.number}, ${formatPercent(best.accuracy)}, reward ${best.reward.toFixed(3)})` : "";
}
