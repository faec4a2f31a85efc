// A network that a growing space starts from, given as a file.
import { architectureSchema } from "../src/schemas/architecture.ts";
import { firstIssue } from "../src/schemas/first_issue.ts";
import type { SpaceName } from "../src/spaces/table.ts";

/**
 * `options` of the space `name` with what is in the file instead of its path, where the `backbone` of `growth` is a path
 * that ends in `.json`: the file may change before a run is gone on with, its configuration may not. RangeError of one
 * line that names the file where it holds no Architecture.
 */
export function withBackboneRead(name: SpaceName, options: Record<string, unknown>): Record<string, unknown> {
  const { backbone } = options;
  if (name !== "growth" || typeof backbone !== "string" || !backbone.endsWith(".json")) return options;
  return { ...options, backbone: readArchitecture(backbone) };
}

function readArchitecture(path: string) {
  let value: unknown;
  try {
    value = JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    const why = error instanceof SyntaxError ? "it is not JSON" : (error as Error).message;
    throw new RangeError(`backbone: cannot read ${path}: ${why}`);
  }
  const parsed = architectureSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RangeError(`backbone: ${path} holds no Architecture: ${firstIssue(parsed.error)}`);
}
