import * as z from "zod";

/** A schema of what `decode` makes of values of `schema`; what that throws is an issue of the field. */
export function decoded<Schema extends z.ZodType, Value>(
  schema: Schema,
  decode: (value: z.output<Schema>) => Value,
): z.ZodPipe<Schema, z.ZodTransform<Value, z.output<Schema>>> {
  return schema.transform((value, context) => {
    try {
      return decode(value);
    } catch (error) {
      context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
      return z.NEVER;
    }
  });
}
