import { formatDuration } from "../../src/cli/format.ts";
import { plainTable } from "../../src/cli/plain_table.ts";
import type { PairedDevice, Presence } from "../hub.ts";
import { userAgentWords } from "./user_agent_words.ts";

/** What a browser does, in words. */
export const presenceWords = {
  measuring: "measuring",
  ready: "ready",
  hidden: "open, but hidden: bring its page to the front",
  absent: "away: open its page",
} satisfies Record<Presence, string>;

function ago(timeMs: number, nowMs: number): string {
  const seconds = Math.max(0, (nowMs - timeMs) / 1000);
  if (seconds < 60) return "now";
  const days = Math.floor(seconds / 86_400);
  if (days > 0) return `${days} ${days === 1 ? "day" : "days"} ago`;
  return `${formatDuration(Math.floor(seconds / 60) * 60)} ago`;
}

/** Paired browsers as the lines of a table at most `columns` wide; one line where there are none. `nowMs` since 1970. */
export function deviceList(devices: readonly PairedDevice[], columns: number, nowMs: number): string[] {
  if (devices.length === 0) return ["No browser is paired yet."];
  return plainTable(
    [
      { head: "device", cell: ({ name }) => name, dropOrder: 0 },
      { head: "state", cell: ({ presence }) => presenceWords[presence], dropOrder: 0 },
      { head: "browser", cell: ({ description }) => userAgentWords(description), dropOrder: 2 },
      {
        head: "seen",
        cell: ({ lastSeenAt, presence }) => presence === "absent" ? ago(lastSeenAt, nowMs) : "now",
        dropOrder: 1,
      },
      { head: "paired", cell: ({ pairedAt }) => ago(pairedAt, nowMs), dropOrder: 3 },
    ],
    devices,
    columns,
  );
}
