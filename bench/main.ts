// `deno task bench NAME [--json] [--cpu]`: without a name the list.
import { bench as controllers } from "./controllers.ts";
import { bench as trainStep } from "./train_step.ts";

/** Every benchmark: a new one is one file and one row. */
const benches = { [controllers.name]: controllers, [trainStep.name]: trainStep };

async function main(args: readonly string[]): Promise<number> {
  const json = args.includes("--json");
  const [name] = args.filter((arg) => arg !== "--json" && arg !== "--cpu");
  if (name === undefined || name === "--help") {
    for (const { name, describe } of Object.values(benches)) console.log(`${name.padEnd(14)}${describe}`);
    return 0;
  }
  const bench = benches[name];
  if (!bench) {
    console.error(`unknown benchmark "${name}"; allowed: ${Object.keys(benches).join(", ")}`);
    return 2;
  }
  const result = await bench.run({ cpu: args.includes("--cpu") });
  if (json) console.log(JSON.stringify({ bench: name, ...result }));
  else for (const rows of Object.values(result)) console.table(rows);
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
