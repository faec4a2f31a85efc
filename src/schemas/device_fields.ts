// Options of one meaning have one name, and one declaration, in every command that has to do with devices.
import * as z from "zod";

/** Names that a browser can be paired under, and those that stand for this machine's own devices; see also wire.ts. */
export const deviceNamePattern = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** What help says of names of devices. */
export const deviceNameText =
  'here, chromium, firefox, all, or the name of a browser: up to 32 lower-case letters, digits and "-"';

/** Where pairings, runs and caches are kept. */
export const dataDirField = z.string().min(1).default(".nacre").meta({ placeholder: "FOLDER" });

/** Port of the probe page. */
export const portField = z.int().min(0).max(65_535).optional().meta({
  placeholder: "N",
  defaultText: "7411, or a free one",
  description: "port of the page that browsers open to measure",
});

/** Whether the probe page is served to the local network. */
export const lanField = z.boolean().default(false).meta({
  description: "serve the page that browsers measure on to the local network too, by HTTPS, for phones",
});

/** Seconds that a paired browser may be away. */
export const deviceWaitField = z.number().min(0).max(86_400).default(600).meta({
  placeholder: "SECONDS",
  description: "how long a paired browser may be away before it counts as gone",
});
