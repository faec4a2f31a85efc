import type * as z from "zod";

/** The first of what a schema found wrong, in one line that begins with the field. */
export function firstIssue({ issues: [{ message, path }] }: z.ZodError): string {
  return path.length > 0 ? `${path.join(".")}: ${message}` : message;
}
