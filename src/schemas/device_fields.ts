// Options of one meaning have one name in every command that has to do with devices.
import * as z from "zod";

/** Where pairings, runs and caches are kept. */
export const dataDirField = z.string().min(1).default(".nacre");

/** Port of the probe page. */
export const portField = z.int().min(0).max(65_535).optional();

/** Whether the probe page is served to the local network. */
export const lanField = z.boolean().default(false);

/** Seconds that a paired browser may be away. */
export const deviceWaitField = z.number().min(0).max(86_400).default(600);
