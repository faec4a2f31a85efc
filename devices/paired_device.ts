import type { Device } from "./device.ts";
import type { Hub } from "./hub.ts";
import { measureSession, type SessionContext } from "./session.ts";

export interface PairedDeviceOptions extends Pick<SessionContext, "prepare" | "nominals"> {
  /** What the hub calls it, if not the same: a launched browser where another program launched one too. */
  hubName?: string;
  /** User agent. */
  description: string;
  /** Whether the browser runs on this machine. */
  local: boolean;
  /** How long it may be absent or hidden before it counts as gone. */
  waitMs: number;
  /** Frees what was made for this device. */
  close?: () => Promise<void>;
}

/** A browser paired with `hub` under `name` as a device: each load of a session is a fresh load of its page. */
export function createPairedDevice(hub: Hub, name: string, options: PairedDeviceOptions): Device {
  const { hubName = name, description, local, waitMs, prepare, nominals } = options;
  const device = { name, kind: "browser" as const, description: description.slice(0, 500) };
  return {
    name,
    local,
    describe: () => device,
    measure: (request, sessionOptions) =>
      measureSession(
        {
          device,
          prepare,
          nominals,
          runLoad: (load, loadOptions) => hub.runLoad(hubName, load, { ...loadOptions, waitMs }),
        },
        request,
        sessionOptions,
      ),
    close: async () => await options.close?.(),
  };
}
