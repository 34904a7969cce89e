import { execFileSync } from "node:child_process";
import Type from "typebox";
import { Compile } from "typebox/compile";
import type { Environment } from "./plan.ts";

/** What wrangler knows of the edge's versions. */

const isStatus = Compile(
  Type.Object({
    versions: Type.Array(Type.Object({ version_id: Type.String(), percentage: Type.Number() })),
  }),
);
const isList = Compile(
  Type.Array(
    Type.Object({
      id: Type.String(),
      annotations: Type.Optional(Type.Object({ "workers/tag": Type.Optional(Type.String()) })),
    }),
  ),
);

/**
 * The version that has all or most of the traffic; null: nothing was deployed yet.
 * @throws Error when wrangler cannot ask
 */
export function currentVersion(environment: Environment): string | null {
  return busiestVersion(ask(["deployments", "status", "--json", "--env", environment]));
}

export function busiestVersion(status: unknown): string | null {
  if (!isStatus.Check(status)) throw new Error("wrangler's answer cannot be read");
  return status.versions.toSorted((a, b) => b.percentage - a.percentage)[0]?.version_id ?? null;
}

export function versionTagged(environment: Environment, tag: string): string {
  return idTagged(ask(["versions", "list", "--json", "--env", environment]), tag);
}

export function idTagged(list: unknown, tag: string): string {
  if (!isList.Check(list)) throw new Error("wrangler's answer cannot be read");
  const found = list.find(({ annotations }) => annotations?.["workers/tag"] === tag);
  if (found === undefined) throw new Error(`no version of the edge is tagged ${tag}`);
  return found.id;
}

/** Null: it has none. */
export function tagOf(environment: Environment, id: string): string | null {
  const list = ask(["versions", "list", "--json", "--env", environment]);
  if (!isList.Check(list)) throw new Error("wrangler's answer cannot be read");
  return list.find((version) => version.id === id)?.annotations?.["workers/tag"] ?? null;
}

function ask(args: readonly string[]): unknown {
  try {
    return JSON.parse(execFileSync("npx", ["wrangler", ...args], { encoding: "utf8" }));
  } catch {
    // It has said why, to standard error.
    throw new Error(
      "wrangler cannot ask Cloudflare: are CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID set?",
    );
  }
}
