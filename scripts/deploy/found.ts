import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import postgres from "postgres";
import type { AppliedMigration, Expected, Found } from "./drift.ts";
import { type Environment, ORIGIN, renderedOverlay } from "./plan.ts";
import { lastDeployed } from "./record.ts";
import { currentVersion, tagOf } from "./wrangler.ts";

/** What production is, and what it should be: by wrangler, kubectl, Postgres and git. */

const MIGRATIONS = "migrations";
/** `kubectl diff`: 0 nothing differs, 1 something does, more: it could not tell. */
const DIFFERS = 1;

/** @throws Error when no deploy is remembered */
export function expectedOf(environment: Environment, folder = "."): Expected {
  const last = lastDeployed(environment, folder);
  const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8", cwd: folder });
  const names = git("ls-tree", "--name-only", `${last.commit}:${MIGRATIONS}`).split("\n");
  return {
    commit: git("rev-parse", "--short", last.commit).trim(),
    migrations: names
      .filter((name) => name.endsWith(".sql"))
      .map((name) => ({ name, checksum: checksumOf(git("show", `${last.commit}:${MIGRATIONS}/${name}`)) })),
  };
}

/** @throws Error when something cannot be asked: not to know is no absence of drift */
export async function found(environment: Environment, commit: string, databaseUrl: string): Promise<Found> {
  const namespace = `gatehouse-${environment}`;
  const kubectl = ["--namespace", namespace, "get", ORIGIN, "--output"];
  const image = execFileSync("kubectl", [...kubectl, "jsonpath={.spec.template.spec.containers[0].image}"], {
    encoding: "utf8",
  });
  const name = image.slice(0, image.lastIndexOf(":"));
  execFileSync("node", ["scripts/deploy/render-overlay.ts", environment, name, commit]);
  const current = currentVersion(environment);
  return {
    edgeTag: current === null ? null : tagOf(environment, current),
    image,
    configuration: configurationDrift(environment),
    migrations: await appliedMigrations(databaseUrl),
  };
}

function configurationDrift(environment: Environment): string {
  const diff = spawnSync("kubectl", ["diff", "-k", renderedOverlay(environment)], { encoding: "utf8" });
  if (diff.status !== 0 && diff.status !== DIFFERS) throw new Error(`kubectl diff: ${diff.stderr}`);
  return diff.stdout;
}

export async function appliedMigrations(databaseUrl: string): Promise<AppliedMigration[]> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
  try {
    return await sql<AppliedMigration[]>`select name, checksum from gatehouse_migrations order by name`;
  } finally {
    await sql.end();
  }
}

function checksumOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
