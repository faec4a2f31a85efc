// A template that escapes by default: device names and user agents come from strangers, and a report is opened from disk.

/** Markup that is safe to insert as it stands. Made by `html` and `trusted` only. */
export class Html {
  constructor(readonly markup: string) {}
}

type Insertable = string | number | Html | null | readonly Insertable[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for an element's content or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

function insert(value: Insertable): string {
  if (value === null) return "";
  if (value instanceof Html) return value.markup;
  if (typeof value === "string" || typeof value === "number") return escapeHtml(String(value));
  return value.map(insert).join("");
}

/** Markup with every inserted value escaped, save other markup; arrays are joined, null is nothing. */
export function html(strings: TemplateStringsArray, ...values: Insertable[]): Html {
  return new Html(String.raw({ raw: strings }, ...values.map(insert)));
}

/** Takes `markup` as it is. Only for what this project made itself, never for text from outside. */
export function trusted(markup: string): Html {
  return new Html(markup);
}
