import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repositoryFiles } from "#scripts/checks/repository.ts";
import { freePort } from "#scripts/local/ports.ts";

const copy = mkdtempSync(join(tmpdir(), "gatehouse-skeleton-"));

const inCopy = (...command: string[]) =>
  execFileSync("npm", ["run", "--silent", ...command], { cwd: copy, encoding: "utf8", stdio: "pipe" });

/** On a copy of the work tree: products, categories and all that names them are taken out. */
describe("what is left without the catalogue", () => {
  beforeAll(() => {
    for (const file of repositoryFiles().filter((path) => existsSync(path))) cpSync(file, join(copy, file));
    symlinkSync(resolve("node_modules"), join(copy, "node_modules"));
    execFileSync("git", ["init", "--quiet"], { cwd: copy });
    inCopy("remove-catalogue", "--", "--yes");
  });
  afterAll(() => rmSync(copy, { recursive: true }));

  it("has a migration that drops exactly its tables", () => {
    const migrations = readdirSync(join(copy, "migrations")).filter((file) => file.endsWith(".sql"));
    const last = migrations.sort().at(-1) ?? "";
    expect(last).toMatch(/remove_catalogue\.sql$/);
    const statements = readFileSync(join(copy, "migrations", last), "utf8").split("--> statement-breakpoint");
    expect(statements.map((statement) => statement.trim())).toEqual([
      'DROP TABLE "categories" CASCADE;',
      'DROP TABLE "import_errors" CASCADE;',
      'DROP TABLE "import_parts" CASCADE;',
      'DROP TABLE "imports" CASCADE;',
      'DROP TABLE "order_lines" CASCADE;',
      'DROP TABLE "orders" CASCADE;',
      'DROP TABLE "prices" CASCADE;',
      'DROP TABLE "product_terms" CASCADE;',
      'DROP TABLE "products" CASCADE;',
      'DROP TABLE "stock_levels" CASCADE;',
      'DROP TABLE "stock_movements" CASCADE;',
      'DROP TABLE "stock_reservations" CASCADE;',
    ]);
  });

  it.each(["format:check", "lint", "typecheck", "openapi:lint", "test"])("passes `npm run %s`", (command) => {
    expect(() => inCopy(command)).not.toThrow();
  });

  it("starts, and tells who asks", async () => {
    const child = spawn("npm", ["run", "--silent", "dev", "--", "--port-base", String(await freePort())], {
      cwd: copy,
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    try {
      let said = "";
      for await (const chunk of child.stdout.setEncoding("utf8")) {
        said += chunk;
        if (said.includes("Ctrl-C stops everything")) break;
      }
      const url = /ready at (\S+)/.exec(said)?.[1];
      const token = /TOKEN=(\S+)/.exec(said)?.[1];
      const answer = await fetch(`${url}/v1/me`, { headers: { authorization: `Bearer ${token}` } });
      expect([answer.status, await answer.json()]).toMatchObject([200, { subject: "demo-user" }]);
    } finally {
      // The whole group: npm and what it has started.
      process.kill(-(child.pid ?? 0), "SIGINT");
      await once(child, "exit");
    }
  });
});
