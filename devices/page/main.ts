// The probe page: pairs this browser with the Nacre that runs in a terminal, then measures what it is given.
// First: it sets what the schemas of the other modules look at as they are made.
import "./without_eval.ts";
import type { Lease } from "../protocol/wire.ts";
import { sentence } from "./activity.ts";
import { openSession } from "./api.ts";
import { connect, type Connected } from "./connect.ts";
import { crashedJob, type MarkPlace, withMark } from "./crash_marker.ts";
import { explain, type Explanation, notBack, unfit } from "./explain.ts";
import { browserLine } from "./line.ts";
import { createLoadDisplay } from "./load_display.ts";
import { createPairingView } from "./pairing_view.ts";
import { waitForJob } from "./poll.ts";
import { runJob } from "./run_job.ts";
import { loadState, type PageState, saveState } from "./session_state.ts";
import { createView } from "./view.ts";
import { waitForServer } from "./wait_for_server.ts";
import { createScreenKeeper } from "./wake_lock.ts";

const page = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(
  "",
);
const view = createView(document);
let state = loadState(sessionStorage);
let fresh = true;
/** Whether the server is out of reach now, and whether it was since the session was last opened. */
let outOfReach = false;
let wasOutOfReach = false;

function keep(next: PageState): void {
  state = next;
  saveState(sessionStorage, state);
}

function showStatus(status: PageState["status"]): void {
  keep({ ...state, status });
  view.showStatus(status);
}

function showEnd(explanation: Explanation): void {
  const { headline, advice, tone = "stopped" } = explanation;
  keep({ ...state, status: { tone, headline, detail: advice } });
  view.showProblem(null);
  view.showExplanation(explanation, () => location.reload());
  screenKeeper.letGo();
  view.showAwake(null);
}

const line = browserLine((pauseSeconds) => {
  if (pauseSeconds === null) {
    if (outOfReach) view.showStatus(state.status);
    outOfReach = false;
    return;
  }
  outOfReach = wasOutOfReach = true;
  view.showStatus({
    tone: "paused",
    headline: "Nacre is out of reach",
    detail:
      `Next try in ${pauseSeconds} s. Is it still running in the terminal, and is this device in the same network?`,
  });
});

const screenKeeper = createScreenKeeper({
  wakeLock: (navigator as { wakeLock?: WakeLock }).wakeLock,
  page: document,
  onChange: (wakeLock) => view.showAwake({ wakeLock, keepAwake: () => void screenKeeper.keepAwake() }),
});

const markPlace: MarkPlace = {
  storage: localStorage,
  locks: (navigator as { locks?: LockManager }).locks,
  page: globalThis,
};

/** Loads the page again, which goes on where this load of it ends; only once the server answers, or the tab would be lost. */
async function reload(): Promise<never> {
  await openSession(line, page);
  location.reload();
  return await new Promise(() => {});
}

async function work({ key }: Connected): Promise<never> {
  let crashed = await crashedJob(markPlace);
  for (;;) {
    const job = await waitForJob({
      line,
      page,
      document,
      fresh: () => fresh,
      takeLost: () => {
        const was = wasOutOfReach;
        wasOutOfReach = false;
        return was;
      },
      onWait(hidden) {
        view.showProgress(null);
        showStatus(
          hidden
            ? { tone: "paused", headline: "Paused: this page is hidden", detail: "Bring it to the front to go on." }
            : { tone: "ready", headline: "Ready", detail: "Waiting for a network to time. Leave this page in front." },
        );
      },
    }, crashed);
    crashed = undefined;
    if (job === "reload") return await reload();
    await withMark(markPlace, job.job, () => timeNetworks(job, key));
  }
}

async function timeNetworks(lease: Lease, key: CryptoKey): Promise<void> {
  const display = createLoadDisplay(lease.request, { before: state, view, keep });
  display.onActivity("getting ready");
  const end = await runJob(lease, {
    line,
    key,
    wakeLock: () => screenKeeper.state,
    onActivity: display.onActivity,
    onRounds: display.onRounds,
    onStart: () => fresh = false,
  });
  keep(display.state);
  switch (end.outcome) {
    case "measured":
      return keep(display.finished(end.report));
    case "failed":
      return view.showProblem(
        end.retry
          ? `${sentence(`The measuring was broken off: ${end.reason}`)} It is done again.`
          : sentence(`This could not be measured: ${end.reason}`),
      );
    case "lost":
      return view.showProblem(sentence(`The measuring was broken off: ${end.refusal.message}`));
    default:
      throw new Error(`no such end: ${end satisfies never}`);
  }
}

/** After the end of Nacre: looks now and then whether it runs again, and goes on. */
async function waitForNacre(): Promise<void> {
  // What was said at the end stays meanwhile.
  const quiet = { ...line, onLost: () => {} };
  const back = await waitForServer(() => openSession(quiet, page), { pause: line.pause, now: Date.now });
  if (back) location.reload();
  else showEnd(notBack);
}

async function run(): Promise<void> {
  const obstacle = unfit({ secure: isSecureContext, subtle: "subtle" in crypto, indexedDb: "indexedDB" in globalThis });
  if (obstacle) return showEnd(obstacle);
  const connected = await connect(page, line, { pairing: createPairingView(document), showStatus });
  keep({ ...state, device: connected.name, lan: connected.lan });
  view.draw(state);
  // Not awaited: some browsers leave the question open until a tap.
  void screenKeeper.keepAwake();
  await work(connected);
}

view.draw(state);
// A link opened in this tab changes only the fragment, and a page taken out of the browser's cache is an old one.
addEventListener("hashchange", () => location.reload());
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
try {
  await run();
} catch (error) {
  const explanation = explain(error);
  showEnd(explanation);
  if (explanation.waits) await waitForNacre().catch((later) => showEnd(explain(later)));
}
