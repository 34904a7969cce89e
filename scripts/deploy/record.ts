import { execFileSync } from "node:child_process";
import type { Outcome } from "./carry-out.ts";
import type { Environment } from "./plan.ts";

/** Deploys are remembered as annotated tags `deploy/<environment>/<time>`, which go where the code goes. */

export type DeployRecord = {
  readonly begunAt: Date;
  readonly endedAt: Date;
  readonly commit: string;
  readonly outcome: Outcome;
};

export function record(environment: Environment, begunAt: Date, outcome: Outcome, folder = "."): string {
  const name = `deploy/${environment}/${begunAt.toISOString().replaceAll(/[:.]/g, "-")}`;
  execFileSync("git", ["tag", "--annotate", name, "--message", outcome], { cwd: folder });
  return name;
}

/** The time in the tag's name is the beginning, the tagger's the end. */
const FIELDS = "%(refname:lstrip=4)%09%(taggerdate:iso-strict)%09%(*objectname)%09%(contents:subject)";

/** The oldest first. */
export function recordsOf(environment: Environment, folder = "."): DeployRecord[] {
  const tags = `refs/tags/deploy/${environment}/`;
  const args = ["for-each-ref", "--sort=refname", `--format=${FIELDS}`, tags];
  const list = execFileSync("git", args, { encoding: "utf8", cwd: folder });
  return list
    .split("\n")
    .filter((line) => line !== "")
    .map(readRecord);
}

/**
 * The last deploy that went well.
 * @throws Error when none is remembered
 */
export function lastDeployed(environment: Environment, folder = "."): DeployRecord {
  const last = recordsOf(environment, folder).findLast(({ outcome }) => outcome === "deployed");
  if (last !== undefined) return last;
  throw new Error(`no deploy to ${environment} is remembered: are the tags there (git fetch --tags)?`);
}

function readRecord(line: string): DeployRecord {
  const [begun = "", ended = "", commit = "", outcome = ""] = line.split("\t");
  const begunAt = new Date(begun.replace(/T(\d\d)-(\d\d)-(\d\d)-/, "T$1:$2:$3."));
  return { begunAt, endedAt: new Date(ended), commit, outcome: toOutcome(outcome) };
}

function toOutcome(text: string): Outcome {
  const known: readonly Outcome[] = ["deployed", "refused", "rolled back", "rollback failed"];
  const found = known.find((one) => one === text);
  if (found === undefined) throw new Error(`a deploy's tag says "${text}": ${known.join(", ")}`);
  return found;
}
