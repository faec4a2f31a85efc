// How a page comes by a runtime. It is loaded anew for every measurement, so it fetches the one library it needs.
import type { RuntimeName } from "../../src/schemas/measurement.ts";
import type { StartRuntime } from "./runtime.ts";
import { runtimeFamilies } from "./table.ts";

/** Folder on the page's server that holds the runtimes' modules and files; see devices/server/assets.ts. */
export const runtimesFolder = "/runtimes/";

/** The start of runtime `name`, fetched from the page's own server. Error that names the file if that fails. */
export async function loadRuntime(name: RuntimeName): Promise<StartRuntime> {
  // A URL made here is one that the bundler leaves alone.
  const { href } = new URL(`${runtimesFolder}${runtimeFamilies[name]}.js`, location.origin);
  let module: { start: Partial<Record<RuntimeName, StartRuntime>> };
  try {
    module = await import(href);
  } catch (error) {
    throw new Error(`Cannot load ${href}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const start = module.start[name];
  if (!start) throw new Error(`Cannot start ${name}: ${href} does not have it; load this page again`);
  return start;
}
