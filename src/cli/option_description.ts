// What a schema says about its options, read from its JSON Schema: flag, kind, default, and allowed values in words.
import * as z from "zod";

/** How the text of a flag becomes a value. */
export type OptionKind = "switch" | "text" | "number" | "list" | "json";

export interface OptionDescription {
  /** Name in the schema and in configuration files, for instance `targetMs`. */
  key: string;
  /** Name on the command line without dashes, for instance `target-ms`. */
  flag: string;
  kind: OptionKind;
  /** Whether the flag may be given several times. */
  repeatable: boolean;
  description: string;
  group?: string;
  /** Stands for the value in help, for instance `MS`. */
  placeholder: string;
  /** Default in words; absent where there is none to speak of. */
  defaultText?: string;
  /** Allowed values in words, for instance "a whole number from 1 to 9". */
  allowed: string;
  /** Allowed values where they are few and named. */
  choices: readonly string[];
}

/** The part of JSON Schema that option schemas come to, and what their `meta` adds. */
interface JsonSchema {
  type?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  const?: unknown;
  prefixItems?: JsonSchema[];
  default?: unknown;
  description?: string;
  group?: string;
  placeholder?: string;
  defaultText?: string;
  allowed?: string;
}

/** Describes every field of `schema`, in order. TypeError on a field without description or of a type without flag. */
export function describeOptions(schema: z.ZodObject): OptionDescription[] {
  const { properties } = z.toJSONSchema(schema, { io: "input" }) as { properties: Record<string, JsonSchema> };
  return Object.entries(properties).map(([key, property]) => {
    if (!property.description) throw new TypeError(`Option "${key}" has no description`);
    const repeatable = property.type === "array" && !property.prefixItems;
    const single = repeatable ? property.items ?? {} : property;
    return {
      key,
      flag: kebabCase(key),
      kind: kindOf(key, single),
      repeatable,
      description: property.description,
      group: property.group,
      placeholder: property.placeholder ?? (single.enum ? "NAME" : "VALUE"),
      defaultText: property.defaultText ?? defaultTextOf(property.default),
      allowed: property.allowed ?? allowedText(single),
      choices: single.enum ?? [],
    };
  });
}

/** `targetMs` as `target-ms`. */
export function kebabCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `target-ms` as `targetMs`. */
export function camelCase(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function kindOf(key: string, { type, prefixItems }: JsonSchema): OptionKind {
  if (prefixItems) return "list";
  switch (type) {
    case "boolean":
      return "switch";
    case "string":
      return "text";
    case "integer":
    case "number":
      return "number";
    case "object":
      return "json";
    default:
      throw new TypeError(`Option "${key}" is of type ${type}, for which there is no flag`);
  }
}

function defaultTextOf(value: unknown): string | undefined {
  if (value === undefined || value === false) return undefined;
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Allowed values in words, for instance "a whole number from 1 to 9": of an option, or a field of JSON options. */
export function allowedText(schema: JsonSchema): string {
  if (schema.allowed !== undefined) return schema.allowed;
  if (schema.anyOf) return schema.anyOf.map(allowedText).join(" or ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.join(", ");
  switch (schema.type) {
    case "boolean":
      return "true or false";
    case "array":
      return schema.items ? `a JSON list, each ${allowedText(schema.items)}` : "a JSON list";
    case "object":
      return 'a JSON object, for instance {"name": 1}';
    case "integer":
    case "number":
      return numberText(schema);
    default:
      return "a text that is not empty";
  }
}

function numberText({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const noun = type === "integer" ? "a whole number" : "a number";
  const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (exclusiveMinimum === undefined && exclusiveMaximum === undefined && minimum !== undefined && most !== undefined) {
    return `${noun} from ${minimum} to ${most}`;
  }
  const bounds = [
    exclusiveMinimum !== undefined
      ? ` above ${exclusiveMinimum}`
      : minimum !== undefined
      ? `, at least ${minimum}`
      : "",
    exclusiveMaximum !== undefined ? `, below ${exclusiveMaximum}` : most !== undefined ? `, at most ${most}` : "",
  ];
  return noun + bounds.join("");
}
