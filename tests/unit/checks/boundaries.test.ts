import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

/** The boundaries between the folders, as the linter enforces them: its rules on files made up here. */

const forbidden = [
  ["shared/resources/x.ts", "#shared/route.ts"],
  ["shared/x.ts", "../edge/env.ts"],
  ["shared/resources/x.ts", "../../origin/app.ts"],
  ["shared/x.ts", "#origin/app.ts"],
  ["shared/x.ts", "node:fs"],
  ["shared/x.ts", "cloudflare:workers"],
  ["shared/x.ts", "fastify"],
  ["shared/x.ts", "hono/cors"],
  ["shared/x.ts", "postgres"],
  ["shared/x.ts", "drizzle-orm/pg-core"],
  ["shared/x.ts", "@upstash/redis"],
  ["edge/x.ts", "#origin/app.ts"],
  ["edge/cache/x.ts", "../../origin/app.ts"],
  ["edge/worker.ts", "../origin/app.ts"],
  ["edge/x.ts", "node:crypto"],
  ["edge/worker.ts", "node:crypto"],
  ["edge/x.ts", "drizzle-orm"],
  ["edge/x.ts", "fastify"],
  ["edge/x.ts", "cloudflare:workers"],
  ["edge/x.ts", "#scripts/dev.ts"],
  ["origin/x.ts", "#edge/env.ts"],
  ["origin/db/x.ts", "#edge/env.ts"],
  ["origin/x.ts", "hono"],
  ["origin/x.ts", "#tests/support/stack.ts"],
  ["origin/x.ts", "postgres"],
  ["origin/plugins/x.ts", "drizzle-orm"],
] as const;

const allowed = [
  ["shared/x.ts", "./route.ts"],
  ["shared/x.ts", "typebox"],
  ["edge/x.ts", "./origin.ts"],
  ["edge/x.ts", "#shared/route.ts"],
  ["edge/x.ts", "@upstash/redis"],
  ["edge/worker.ts", "cloudflare:workers"],
  ["origin/x.ts", "node:fs"],
  ["origin/x.ts", "#shared/route.ts"],
  ["origin/db/x.ts", "drizzle-orm/pg-core"],
  ["origin/resources/x.ts", "drizzle-orm"],
  ["origin/relay/x.ts", "postgres"],
] as const;

type Report = {
  diagnostics: { category: string; location: { path: string; start: { line: number } } }[];
};

const root = mkdtempSync(join(tmpdir(), "gatehouse-lint-"));
/** Every import on a line of its own, by file. */
const lines: ReadonlyMap<string, readonly (readonly string[])[]> = Map.groupBy(
  [...forbidden, ...allowed],
  ([file]) => file,
);
let refused: ReadonlySet<string>;

beforeAll(() => {
  const { vcs: _, ...rules } = JSON.parse(readFileSync("biome.json", "utf8"));
  writeFileSync(join(root, "biome.json"), JSON.stringify(rules));
  for (const [file, imports] of lines) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), imports.map(([, specifier]) => `import "${specifier}";\n`).join(""));
  }
  const biome = join(process.cwd(), "node_modules/@biomejs/biome/bin/biome");
  const { stdout } = spawnSync(
    process.execPath,
    [biome, "lint", ".", "--reporter=json", "--max-diagnostics=none"],
    {
      cwd: root,
      encoding: "utf8",
    },
  );
  const { diagnostics } = JSON.parse(stdout) as Report;
  const boundary = diagnostics.filter(({ category }) => /noRestrictedImports|noNodejsModules/.test(category));
  refused = new Set(
    boundary.map(({ location: { path, start } }) => `${path} ${lines.get(path)?.[start.line - 1]?.[1]}`),
  );
});
afterAll(() => rmSync(root, { recursive: true }));

test.each(forbidden)("%s may not import %s", (file, specifier) => {
  expect(refused).toContain(`${file} ${specifier}`);
});

test.each(allowed)("%s may import %s", (file, specifier) => {
  expect(refused).not.toContain(`${file} ${specifier}`);
});
