// What a person sees while models are timed: a line per session that renews itself, or, where lines stay, one for each
// load and each change that matters.
import { plainText } from "../../src/cli/text_width.ts";
import type { Screen } from "../terminal/screen.ts";
import type { MeasureProgress } from "./measure.ts";

const plainPauseMs = 5000;

function words({ device, runtime, load, loads, activity }: MeasureProgress): string {
  return `${device} (${runtime}): page load ${load} of ${loads}, ${plainText(activity)}`;
}

/** Shows sessions on `screen`; `now` in milliseconds. */
export function showProgress(screen: Screen, now: () => number = () => performance.now()) {
  const sessions = new Map<string, string>();
  const said = new Map<string, { load: number; atMs: number }>();
  const key = ({ device, runtime }: Pick<MeasureProgress, "device" | "runtime">) => `${device} ${runtime}`;
  const draw = () => screen.show([...sessions.values()]);
  return {
    progress(progress: MeasureProgress): void {
      if (screen.live) {
        sessions.set(key(progress), words(progress));
        return draw();
      }
      const last = said.get(key(progress));
      // What waits for a person may be told once only.
      const urgent = progress.activity.startsWith("waits");
      if (last && last.load === progress.load && !urgent && now() - last.atMs < plainPauseMs) return;
      said.set(key(progress), { load: progress.load, atMs: now() });
      screen.say(words(progress));
    },
    over(session: Pick<MeasureProgress, "device" | "runtime">): void {
      sessions.delete(key(session));
      draw();
    },
  };
}
