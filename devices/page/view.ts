// All that the page shows while it is paired. Plain words; no animation, since it would run during measurements.
import { chartLegend, drawChart, milliseconds } from "./chart.ts";
import { elements } from "./elements.ts";
import type { Explanation } from "./explain.ts";
import type { PageState, Result } from "./session_state.ts";
import { emptyTrace, medianOf } from "./trace.ts";
import type { WakeLockState } from "./wake_lock.ts";

export interface View {
  /** Draws all of a state. */
  draw(state: PageState): void;
  showStatus(status: PageState["status"]): void;
  /** Of the session, 0 to 1; null where there is none. */
  showProgress(fraction: number | null): void;
  showChart(state: PageState): void;
  showResults(state: PageState): void;
  /** What is wrong and what to do about it; null takes it away. */
  showProblem(text: string | null): void;
  showExplanation(explanation: Explanation, onButton: () => void): void;
  /** Whether the screen stays on; null where that is of no matter any more. */
  showAwake(screen: { wakeLock: WakeLockState; keepAwake: () => void } | null): void;
}

export function createView(page: Document): View {
  const element = elements(page);
  const status = element("status", "p");
  const headline = element("headline", "span");
  const detail = element("detail", "p");
  const progress = element("progress", "progress");
  const action = element("action", "button");
  const problem = element("problem", "p");
  const legend = element("legend", "ul");
  const results = element("results", "ol");

  const setText = (node: Element, text: string) => {
    // Unchanged text is not set again, so that it is not read aloud again.
    if (node.textContent !== text) node.textContent = text;
  };

  const view: View = {
    draw(state) {
      setText(element("device", "p"), state.device ? `Paired as ${state.device}` : "Not paired yet");
      page.title = state.device ? `Nacre: ${state.device}` : "Nacre";
      element("install", "details").hidden = !state.lan;
      view.showStatus(state.status);
      view.showChart(state);
      view.showResults(state);
    },
    showStatus({ tone, headline: text, detail: more }) {
      element("state", "section").dataset.tone = tone;
      element("status-icon", "use").setAttribute("href", `#icon-${tone}`);
      setText(headline, text);
      setText(detail, more);
      detail.hidden = more === "";
      status.hidden = false;
      action.hidden = true;
    },
    showProgress(fraction) {
      progress.hidden = fraction === null;
      const percent = Math.round(100 * Math.min(1, Math.max(0, fraction ?? 0)));
      if (progress.value !== percent) progress.value = percent;
    },
    showChart({ session }) {
      const trace = session?.trace ?? emptyTrace;
      element("chart-card", "section").hidden = session === undefined;
      drawChart(element("chart", "svg"), trace);
      legend.replaceChildren(
        ...chartLegend(trace).map(({ role, text }) => {
          const item = page.createElement("li");
          item.className = role.replace(" ", "-");
          item.textContent = text;
          return item;
        }),
      );
    },
    showResults({ results: list, networksTimed }) {
      element("results-card", "section").hidden = list.length === 0;
      setText(
        element("count", "span"),
        networksTimed === 1 ? "1 network timed in this tab." : `${networksTimed} networks timed in this tab.`,
      );
      results.replaceChildren(...list.map((result) => resultItem(page, result)));
    },
    showProblem(text) {
      problem.hidden = text === null;
      setText(problem, text ?? "");
    },
    showExplanation({ headline: text, advice, button, tone = "stopped" }, onButton) {
      view.showStatus({ tone, headline: text, detail: advice });
      view.showProgress(null);
      action.hidden = button === undefined;
      setText(action, button ?? "");
      action.onclick = onButton;
    },
    showAwake(screen) {
      const line = element("awake", "p");
      line.hidden = screen === null;
      if (!screen) return;
      line.dataset.state = screen.wakeLock;
      const button = element("awake-button", "button");
      button.hidden = screen.wakeLock !== "refused";
      button.onclick = screen.keepAwake;
      setText(
        element("awake-text", "span"),
        {
          held: "The screen stays on while this page is in front.",
          refused: "The screen may go off, which stops the measuring.",
          absent: "This browser cannot keep the screen on: set a long screen timeout in the device’s settings.",
        }[screen.wakeLock],
      );
    },
  };
  return view;
}

function resultItem(page: Document, { mediansMs, label, runtime, at }: Result): HTMLLIElement {
  const item = page.createElement("li");
  const value = page.createElement("strong");
  value.textContent = milliseconds(medianOf(mediansMs));
  const about = page.createElement("span");
  const loads = mediansMs.length === 1 ? "" : `, ${mediansMs.length} loads`;
  const time = new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  about.textContent = `${label}, ${runtime}${loads}, ${time}`;
  item.append(value, about);
  return item;
}
