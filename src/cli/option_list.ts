// The options that something chosen by name has of its own, such as a method or a controller: what `--list` shows.
import * as z from "zod";
import { allowedText } from "./option_description.ts";
import { type ListColumn, NOTHING, plainList } from "./plain_list.ts";
import { wrapWords } from "./text_width.ts";

export interface ListedOption {
  name: string;
  description: string;
  /** null where there is none. */
  default: unknown;
  /** Allowed values in words. */
  allowed: string;
}

/** What a row of a table says of itself. */
export interface Named {
  name: string;
  summary: string;
  /** Where it comes from; "-" where that is no paper. */
  paper: string;
}

/** The fields of `schema`, every one of which is optional or has a default, in order. */
export function listOptions(schema: z.ZodObject): ListedOption[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  const defaults = schema.parse({});
  return Object.entries(properties).map(([name, property]) => {
    const { description = "" } = property as { description?: string };
    return { name, description, default: defaults[name] ?? null, allowed: allowedText(property as object) };
  });
}

/** A value as one would write it in JSON. */
export function valueCell(value: unknown): string {
  return value === null || value === undefined ? NOTHING : JSON.stringify(value);
}

/** `options` as lines at most `width` columns wide, with `more` columns at the end. */
export function optionLines<Option extends ListedOption>(
  options: readonly Option[],
  width: number,
  more: readonly ListColumn<Option>[] = [],
): string[] {
  const columns: ListColumn<Option>[] = [
    { head: "option", cell: ({ name }) => name },
    { head: "what it is", cell: ({ description }) => description },
    { head: "default", cell: (option) => valueCell(option.default) },
    { head: "allowed", cell: ({ allowed }) => allowed },
    ...more,
  ];
  return plainList(columns, options, width);
}

/** What has been chosen, and where it comes from, as lines above its options. */
export function headingLines({ name, paper, summary }: Named, width: number): string[] {
  return wrapWords(`${name}: ${summary}${paper === "-" ? "" : ` (${paper})`}`, width);
}
