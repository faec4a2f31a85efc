// Names of runs.
import * as z from "zod";

/** A run's name is a folder's name: no separators, nothing hidden, nothing that leads elsewhere. */
export const runNameSchema = z.string().regex(/^(?!\.)[A-Za-z0-9._-]{1,64}$/);

/** What help and errors say of a name. */
export const runNameMeta = { placeholder: "RUN", allowed: "1 to 64 of A-Z a-z 0-9 . _ - and no dot in front" };
