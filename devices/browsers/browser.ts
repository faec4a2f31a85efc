// The contract of a launched browser: one window-less process of its own with one tab, which shows one page.
import type { RuntimeName } from "../../src/schemas/measurement.ts";

export interface LaunchOptions {
  /** What it is going to measure on: decides its flags. */
  runtimes: readonly RuntimeName[];
  /** Takes the certificate of the page as it is; see launch_browser_device.ts. */
  anyCertificate: boolean;
  signal?: AbortSignal;
}

/** A browser that was launched; whoever has it closes it. */
export interface LaunchedBrowser {
  userAgent: string;
  /** Settles once the browser or its tab died, or was closed. */
  gone: Promise<void>;
  /** Goes to `url`; settles when it is loaded. */
  open(url: string): Promise<void>;
  /** What the page shows to people, or "nothing". */
  text(): Promise<string>;
  /** Ends the process and removes its files; safe to call twice. */
  close(): Promise<void>;
}

/** Launches a browser. Error with what is missing if it is not installed. */
export type LaunchBrowser = (options: LaunchOptions) => Promise<LaunchedBrowser>;
