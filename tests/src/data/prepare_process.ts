// A process of its own that prepares a dataset: `prepare_process.ts <name> <cacheDir>`, for tests that kill or starve it.
import { prepareDataset } from "../../../src/data/table.ts";

try {
  const { file } = await prepareDataset(Deno.args[0], { cacheDir: Deno.args[1] });
  console.log(file);
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}
