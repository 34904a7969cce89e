/** What a deploy or a rollback runs, in order. Pure: nothing here runs anything. */

export const ENVIRONMENTS = ["staging", "production"] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

/** A command as it is run: no shell in between. */
export type Command = readonly [program: string, ...args: string[]];

export type Step =
  /** Has to succeed, or nothing was changed. */
  | { readonly kind: "gate"; readonly what: string; readonly command: Command }
  /** Changes something: when it fails, everything is rolled back. */
  | { readonly kind: "change"; readonly what: string; readonly command: Command }
  /** Looks at what the change did: smoke test and guardrails. */
  | { readonly kind: "check"; readonly what: string; readonly percent: number };

export type Release = {
  /** The commit, which is the tag of the origin's image. */
  readonly commit: string;
  /** Names the edge's new version; no two deploys share one, be it of the same commit. */
  readonly tag: string;
  /** The id of the edge's version that serves now; null: there is none yet. */
  readonly current: string | null;
};

/** @throws Error naming those that there are */
export function toEnvironment(name: string): Environment {
  const found = ENVIRONMENTS.find((one) => one === name);
  if (found === undefined) throw new Error(`"${name}" is no environment: ${ENVIRONMENTS.join(" or ")}`);
  return found;
}

/** As `deploy/k8s` calls them. */
export const ORIGIN = "deployment/gatehouse-origin";
const MIGRATION = "job/gatehouse-migrate";

export const SHARES = [10, 50, 100] as const;

/**
 * The origin goes first: an edge may only ask for what every origin has (docs/versioning.md).
 * @param image of the origin, without its tag
 */
export function deployPlan(environment: Environment, release: Release, image: string): Step[] {
  return [
    ...gates(),
    ...originSteps(environment, release.commit, image),
    { kind: "check", what: "the new origin behind the edge that is there", percent: 0 },
    {
      kind: "change",
      what: "upload the edge's new version; it gets no traffic yet",
      command: wrangler(
        environment,
        "versions",
        "upload",
        "--strict",
        "--tag",
        release.tag,
        "--message",
        release.commit,
      ),
    },
    ...shares(release).flatMap((percent): Step[] => [
      {
        kind: "change",
        what: `give it ${percent}% of the traffic`,
        command: shift(environment, release, percent),
      },
      { kind: "check", what: `smoke test and guardrails at ${percent}%`, percent },
    ]),
  ];
}

/** Back to the edge's version that served before, then the origin's: the reverse of a deploy. */
export function rollbackPlan(environment: Environment, version: string | null, reason: string): Step[] {
  const to = version === null ? [] : [version];
  return [
    {
      kind: "change",
      what: version === null ? "the edge's version before this one" : `the edge's version ${version}`,
      command: wrangler(environment, "rollback", ...to, "--message", reason, "--yes"),
    },
    {
      kind: "change",
      what: "the origin's revision before this one",
      command: kubectl(environment, "rollout", "undo", ORIGIN),
    },
    { kind: "change", what: "wait for it", command: waitForOrigin(environment) },
  ];
}

function gates(): Step[] {
  return [
    { kind: "gate", what: "the contract breaks nobody", command: ["npm", "run", "contract:check"] },
    { kind: "gate", what: "secrets, licences, vulnerabilities", command: ["npm", "run", "security-scan"] },
    { kind: "gate", what: "everything that has to pass", command: ["npm", "run", "verify"] },
  ];
}

function originSteps(environment: Environment, next: string, image: string): Step[] {
  return [
    {
      kind: "gate",
      what: `write the origin's configuration with this image to ${renderedOverlay(environment)}`,
      command: ["node", "scripts/deploy/render-overlay.ts", environment, image, next],
    },
    {
      kind: "change",
      what: "make room for the migration's job: jobs cannot be changed",
      command: kubectl(environment, "delete", MIGRATION, "--ignore-not-found"),
    },
    {
      kind: "change",
      what: "migrate and roll the origin over, one at a time; a new one starts when the migration is through",
      command: ["kubectl", "apply", "-k", renderedOverlay(environment)],
    },
    {
      kind: "change",
      what: "wait for the migration",
      command: kubectl(environment, "wait", "--for=condition=complete", MIGRATION, "--timeout=10m"),
    },
    { kind: "change", what: "wait for the origin", command: waitForOrigin(environment) },
  ];
}

/** Where the overlay with the image of this deploy is put. */
export function renderedOverlay(environment: Environment): string {
  return `dist/deploy/${environment}`;
}

/** The first version of all has nobody to share with. */
function shares({ current }: Release): readonly number[] {
  return current === null ? [100] : SHARES;
}

function shift(environment: Environment, { tag, current }: Release, percent: number): Command {
  const rest = current === null || percent === 100 ? [] : [`${current}@${100 - percent}`];
  const message = `${tag} at ${percent}%`;
  return wrangler(
    environment,
    "versions",
    "deploy",
    ...rest,
    "--version-tag",
    `${tag}@${percent}`,
    "--message",
    message,
    "--yes",
  );
}

function wrangler(environment: Environment, ...args: string[]): Command {
  return ["npx", "wrangler", ...args, "--env", environment];
}

function kubectl(environment: Environment, ...args: string[]): Command {
  return ["kubectl", "--namespace", `gatehouse-${environment}`, ...args];
}

function waitForOrigin(environment: Environment): Command {
  return kubectl(environment, "rollout", "status", ORIGIN, "--timeout=10m");
}

/** As one would type it. */
export function asTyped(command: Command): string {
  return command
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
}
