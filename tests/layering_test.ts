// Which folder may import which: the arrows of the design, enforced.
import { assertEquals } from "@std/assert";

const root = new URL("../", import.meta.url);

/** What a training is made of. */
const training = [
  "src/training",
  "src/quantisation",
  "src/teachers",
  "src/distillation",
  "src/engine",
  "src/models",
  "src/spaces",
  "src/ops",
  "src/data",
  "src/schemas",
];

/** Folder -> folders of the project that its files may import, itself included. The longest matching folder counts. */
const allowed: Record<string, readonly string[]> = {
  "src/std": ["src/std"],
  "src/schemas": ["src/schemas"],
  "src/data": ["src/data", "src/schemas"],
  "src/ops": ["src/ops", "src/schemas"],
  "src/spaces": ["src/spaces", "src/models", "src/ops", "src/data", "src/schemas"],
  "src/models": ["src/models", "src/ops", "src/data", "src/schemas"],
  "src/engine": ["src/engine", "src/ops", "src/data", "src/schemas"],
  "src/distillation": ["src/distillation", "src/ops", "src/data", "src/models", "src/engine", "src/schemas", "src/cli"],
  "src/quantisation": ["src/quantisation", "src/ops", "src/models", "src/data", "src/schemas"],
  "src/teachers": [...training, "src/export", "src/cli"],
  "src/training": training,
  "src/procedures": [...training, "src/procedures", "src/export", "src/cli"],
  "src/tasks": [...training, "src/tasks", "src/cli"],
  "src/distill": ["src"],
  "src/export": ["src/export", "src/models", "src/ops", "src/data", "src/schemas"],
  "src/cli": ["src/cli", "src/std", "src/schemas"],
  "devices/page": ["devices/page", "devices/runtimes", "devices/protocol", "src/schemas", "src/ops", "src/models"],
  "devices/runtimes": ["devices/runtimes", "devices/protocol", "src/schemas", "src/ops", "src/models"],
  "devices/protocol": ["devices/protocol", "devices/runtimes", "src/schemas", "src/data", "src/ops", "src/models"],
  "devices": ["devices", "src"],
  "search": ["search", "devices/mod.ts", "src"],
  "bench": ["bench", "search", "devices", "src", "mod.ts"],
  "tests": ["tests", "bench", "search", "devices", "src", "mod.ts"],
  "mod.ts": ["search", "devices/mod.ts", "src"],
};

/** The page's own files; its builder runs in Deno and may do more. */
const exempt = new Set(["devices/page/build_page.ts"]);

function* sources(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(new URL(folder, root))) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) {
      if (!["node_modules", ".nacre", ".git"].includes(entry.name)) yield* sources(`${path}/`);
    } else if (/(?<!\.as)\.ts$/.test(entry.name)) yield path;
  }
}

const importPattern = /^\s*(?:import|export)\s[^"';]*?from\s*"([^"]+)"|^\s*import\s*"([^"]+)"|\bimport\("([^"]+)"\)/gm;

function importsOf(path: string): string[] {
  const text = Deno.readTextFileSync(new URL(path, root));
  return [...text.matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? match[3]);
}

function within(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function ruleOf(path: string): readonly string[] {
  const folder = Object.keys(allowed).filter((name) => within(path, name)).sort((a, b) => b.length - a.length)[0];
  if (!folder) throw new Error(`no rule says what ${path} may import`);
  return allowed[folder];
}

Deno.test("imports follow the arrows of the layers", () => {
  const violations: string[] = [];
  for (const path of sources("")) {
    if (exempt.has(path)) continue;
    const rule = ruleOf(path);
    for (const specifier of importsOf(path)) {
      if (!specifier.startsWith(".")) continue;
      const target = new URL(specifier, new URL(path, root)).href.slice(root.href.length);
      if (!rule.some((folder) => within(target, folder))) violations.push(`${path} imports ${target}`);
    }
  }
  assertEquals(violations, []);
});

Deno.test("the check of imports sees every form of import", () => {
  const text =
    'import a from "./a.ts";\nexport { b } from "./b.ts";\nimport {\n  c,\n} from "./c.ts";\nimport "./d.ts";\n' +
    'const e = await import("./e.ts");\nexport * from "./f.ts";\nimport type { G } from "./g.ts";\n';
  const found = [...text.matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? match[3]);
  assertEquals(found, ["./a.ts", "./b.ts", "./c.ts", "./d.ts", "./e.ts", "./f.ts", "./g.ts"]);
});

Deno.test("the probe page does not use Deno", () => {
  const users = [...sources("devices/page/"), ...sources("devices/runtimes/"), ...sources("devices/protocol/")]
    .filter((path) => !exempt.has(path) && /\bDeno\./.test(Deno.readTextFileSync(new URL(path, root))));
  assertEquals(users, []);
});

Deno.test("the top level is the fixed one", () => {
  const fixed = [
    "bench",
    "deno.json",
    "deno.lock",
    "devices",
    "LICENSE",
    "mod.ts",
    "README.md",
    "search",
    "src",
    "tests",
  ];
  const found = [...Deno.readDirSync(root)].map(({ name }) => name)
    .filter((name) => !name.startsWith(".") && name !== "node_modules");
  assertEquals(found.sort(), fixed.sort());
});
