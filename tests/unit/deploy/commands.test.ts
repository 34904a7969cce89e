import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { ENVIRONMENTS, renderedOverlay } from "#scripts/deploy/plan.ts";
import { busiestVersion, idTagged } from "#scripts/deploy/wrangler.ts";
import { Command } from "#tests/support/command.ts";
import { build } from "./kustomize.ts";

test.each(ENVIRONMENTS)(
  "a dry run of a deploy to %s prints every command, and runs none",
  async (environment) => {
    const before = tags();
    const { code, stdout } = await deploy("--env", environment, "--dry-run");
    expect(code).toBe(0);
    for (const command of [
      "npm run contract:check",
      "npm run security-scan",
      "npm run verify",
      `kubectl apply -k dist/deploy/${environment}`,
      `npx wrangler versions upload --strict --tag `,
      `CURRENT_VERSION_ID@90 --version-tag `,
      `npx wrangler rollback CURRENT_VERSION_ID `,
      `kubectl --namespace gatehouse-${environment} rollout undo deployment/gatehouse-origin`,
    ]) {
      expect(stdout).toContain(command);
    }
    expect(tags()).toBe(before);
  },
);

test.each(ENVIRONMENTS)(
  "what kubectl is asked for in %s is called as the manifests call it",
  async (environment) => {
    const { stdout } = await deploy("--env", environment, "--dry-run");
    const names = build(`deploy/k8s/overlays/${environment}`).map(
      ({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`,
    );
    const asked = [...stdout.matchAll(/\b(?:deployment|job)\/[\w-]+/g)].map(([name]) => name);
    expect(new Set(asked).size).toBe(2);
    expect(asked.filter((name) => !names.includes(name))).toEqual([]);
  },
);

test.each(ENVIRONMENTS)("the image of a deploy to %s is the one that its pods get", (environment) => {
  const args = ["scripts/deploy/render-overlay.ts", environment, "registry.test/origin", "1a2b3c4"];
  execFileSync(process.execPath, args);
  const images = build(renderedOverlay(environment))
    .flatMap(({ spec }) => spec?.template?.spec.containers ?? [])
    .map(({ image }) => image);
  expect(images).toEqual(["registry.test/origin:1a2b3c4", "registry.test/origin:1a2b3c4"]);
});

test("every npm script that a deploy runs is one of this package's", async () => {
  const { stdout } = await deploy("--env", "staging", "--dry-run");
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
  const names = [...stdout.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(3);
  expect(names.filter((name) => scripts[name ?? ""] === undefined)).toEqual([]);
});

test.each([
  [["--env", "moon"], '"moon" is no environment: staging or production'],
  [[], "is no environment"],
  [["--env", "staging"], "EDGE_URL is not set: see docs/deploying.md"],
  [["--env", "staging", "--fast"], "Unknown option '--fast'"],
])("a deploy %j is refused, and says why", async (args, said) => {
  const { code, stderr } = await deploy(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(said);
});

test("a dry run of a rollback prints both tiers' commands, the edge first", async () => {
  const args = ["--env", "production", "--version", "an-id", "--reason", "too slow", "--dry-run"];
  const { stdout } = await new Command("scripts/rollback.ts", args).finished();
  expect(
    stdout.indexOf("npx wrangler rollback an-id --message 'too slow' --yes --env production"),
  ).toBeGreaterThan(0);
  expect(stdout.indexOf("rollout undo")).toBeGreaterThan(stdout.indexOf("wrangler rollback"));
});

test("a rollback that cannot ask Cloudflare says which variables it wants, and remembers nothing", async () => {
  const before = tags();
  const unset = { CLOUDFLARE_API_TOKEN: "", CLOUDFLARE_API_KEY: "" };
  const { code, stderr } = await new Command("scripts/rollback.ts", ["--env", "staging"], unset).finished();
  expect([code, tags()]).toEqual([2, before]);
  expect(stderr).toMatch(/^wrangler cannot ask Cloudflare: are CLOUDFLARE_API_TOKEN and \w+ set\?$/m);
});

test("a look for drift where no deploy is remembered ends with 2, and says so", () => {
  const empty = mkdtempSync(join(tmpdir(), "gatehouse-drift-"));
  execFileSync("git", ["init", "--quiet"], { cwd: empty });
  const { status, stderr } = spawnSync(process.execPath, [resolve("scripts/drift.ts"), "--env", "staging"], {
    cwd: empty,
    env: { ...process.env, MIGRATION_DATABASE_URL: "postgres://nowhere.test/x" },
    encoding: "utf8",
  });
  rmSync(empty, { recursive: true });
  expect([status, stderr.split("\n")[0]]).toEqual([
    2,
    "no deploy to staging is remembered: are the tags there (git fetch --tags)?",
  ]);
});

test("wrangler's answers are read for the version that serves most, and the one of a tag", () => {
  const status = {
    versions: [
      { version_id: "a", percentage: 10 },
      { version_id: "b", percentage: 90 },
    ],
  };
  expect(busiestVersion(status)).toBe("b");
  expect(busiestVersion({ versions: [] })).toBeNull();
  expect(() => busiestVersion({ error: "10000" })).toThrow("cannot be read");
  const list = [{ id: "x" }, { id: "y", annotations: { "workers/tag": "t" } }];
  expect(idTagged(list, "t")).toBe("y");
  expect(() => idTagged(list, "u")).toThrow("no version of the edge is tagged u");
});

function deploy(...args: string[]) {
  const unset = { EDGE_URL: "", ORIGIN_IMAGE: "" };
  return new Command("scripts/deploy.ts", args, unset).finished();
}

function tags(): string {
  return execFileSync("git", ["tag", "--list", "deploy/*"], { encoding: "utf8" });
}
