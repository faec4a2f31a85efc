// Shows a job while it runs. Whatever is drawn is drawn between rounds and painted before the next one begins.
import type { LoadReport, LoadRequest } from "../../src/schemas/measurement.ts";
import { flagMeaning, invalidates } from "../protocol/flags.ts";
import { phaseOf, sentence, statusOf } from "./activity.ts";
import { createLoadProgress } from "./progress.ts";
import { painted } from "./rest.ts";
import { type PageState, withLoad, withResults } from "./session_state.ts";
import { emptyTrace, extendTrace, traceMedian } from "./trace.ts";
import type { View } from "./view.ts";

export interface LoadDisplay {
  onActivity(activity: string): void;
  onRounds(rounds: number[][]): Promise<void>;
  /** The state with the results of a finished load. */
  finished(report: LoadReport): PageState;
  /** The state as it stands. */
  readonly state: PageState;
}

const drawEveryMs = 1500;

/** The display of one load, from `before` on. `keep` stores a state for the next load of the page. */
export function createLoadDisplay(
  request: LoadRequest,
  { before, view, keep }: { before: PageState; view: View; keep: (state: PageState) => void },
): LoadDisplay {
  const clock = () => performance.now();
  const progress = createLoadProgress(request, clock);
  let state = withLoad(before, request);
  let trace = emptyTrace;
  let drawnAt = -Infinity;
  view.showChart(state);

  const drawChart = () => {
    drawnAt = clock();
    view.showChart(state);
    view.showProgress(progress.fraction());
    keep(state);
  };

  return {
    get state() {
      return state;
    },
    onActivity(activity) {
      const phase = phaseOf(activity);
      if (phase !== "cooling down") progress.enter(phase);
      const status = statusOf(activity, request);
      if (status.headline === state.status.headline && status.detail === state.status.detail) return;
      state = { ...state, status };
      keep(state);
      view.showStatus(status);
      view.showProgress(progress.fraction());
    },
    async onRounds(rounds) {
      if (state.session && rounds.length > 0) {
        progress.enter("timing");
        trace = extendTrace(trace, rounds);
        state = { ...state, session: { ...state.session, trace } };
      }
      if (clock() - drawnAt < drawEveryMs) return;
      drawChart();
      await painted();
    },
    finished(report) {
      let column = 2;
      const medians = report.networks.slice(2).map(({ outcome }) =>
        outcome === "timed" ? traceMedian(trace, column++) : undefined
      );
      state = withResults(state, request, medians, Date.now());
      drawChart();
      view.showResults(state);
      view.showProblem(problemOf(report));
      return state;
    },
  };
}

/** What spoilt a load, or some of its networks, in a sentence; null where nothing did. */
function problemOf(report: LoadReport): string | null {
  const reasons = report.networks.flatMap((network) => network.outcome === "failed" ? [network.reason] : []);
  if (reasons.length > 0) {
    const which = reasons.length === 1 ? "A network" : `${reasons.length} networks`;
    return `${which} could not be timed: ${sentence(reasons[0])}`;
  }
  const flags = report.flags.filter(invalidates);
  return flags.length === 0 ? null : `The last times do not count: ${sentence(flags.map(flagMeaning).join("; "))}`;
}
