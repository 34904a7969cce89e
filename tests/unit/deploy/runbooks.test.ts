import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { kindOf, runbooks } from "#tests/support/runbooks.ts";
import { build } from "./kustomize.ts";
import { namesIn, originSeries } from "./metric-names.ts";
import { alerts } from "./rules.ts";

const pages = runbooks();
const commands = pages.flatMap((page) => page.commands.map(({ command }) => command));
/** What nothing alerts of. */
const UNALERTED = ["README.md", "leak.md"];
const forAlerts = pages.filter(({ file }) => !UNALERTED.includes(file));
const SECTIONS = [
  "What it means",
  "Probable causes",
  "Look first",
  "What to do",
  "Roll back",
  "Escalate",
] as const;

test("each page is that of an alert", () => {
  const asked = new Set(alerts.map(({ annotations }) => annotations?.["runbook_url"]));
  expect(new Set(forAlerts.map(({ file }) => `docs/runbooks/${file}`))).toEqual(asked);
});

describe.each(forAlerts.map((page) => [page.file, page] as const))("%s", (_, { text, ...page }) => {
  test("has the same sections as the others", () => {
    expect([...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).toEqual(SECTIONS);
  });

  test("looks first by three commands that change nothing", () => {
    const first = page.commands.filter(({ heading }) => heading === "Look first");
    expect(first).toHaveLength(3);
    for (const { command } of first) expect(["look", "query"], command).toContain(kindOf(command));
  });

  test("says by which measure to roll back, and prints what that does before it does it", () => {
    const section = text.split("## Roll back")[1] ?? "";
    expect(section.split("## ")[0]).toMatch(/\d+ (?:minutes|times)|\d%/);
    const back = page.commands.filter(({ heading }) => heading === "Roll back");
    expect(back.map(({ command }) => command)).toEqual([
      "npm run rollback -- --env production --dry-run",
      "npm run rollback -- --env production",
    ]);
  });

  test("says whom to call", () => {
    expect(text).toContain("](README.md#escalation-path)");
  });
});

test("every command is of a kind that is tried", () => {
  expect(commands.filter((command) => kindOf(command) === null)).toEqual([]);
});

test("commands to a cluster name what is in it", () => {
  const names = build("deploy/k8s/overlays/production").map(
    ({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`,
  );
  const asked = commands
    .filter((command) => kindOf(command) === "cluster")
    .flatMap((command) => command.match(/[a-z]+\/[\w-]+/g) ?? []);
  expect(asked.length).toBeGreaterThan(1);
  expect(asked.filter((name) => !names.includes(name))).toEqual([]);
});

test("metrics that are spoken of are the origin's", async () => {
  const series = await originSeries();
  const spoken = ["docs/operating.md", "docs/pools.md", "docs/outage-contract.md"]
    .map((file) => readFileSync(file, "utf8"))
    .concat(pages.map(({ text }) => text))
    .flatMap((text) => text.match(/`gatehouse_\w+`/g) ?? [])
    .flatMap(namesIn);
  expect(spoken.length).toBeGreaterThan(5);
  expect(spoken.filter((name) => !series.has(name))).toEqual([]);
});
