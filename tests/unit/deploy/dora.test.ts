import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Outcome } from "#scripts/deploy/carry-out.ts";
import { doraOf } from "#scripts/deploy/dora.ts";
import { record, recordsOf } from "#scripts/deploy/record.ts";

const at = (hour: number) => new Date(Date.UTC(2026, 10, 1, hour));
const deploy = (begun: number, ended: number, commit: string, outcome: Outcome) => ({
  begunAt: at(begun),
  endedAt: at(ended),
  commit,
  outcome,
});

describe("the four figures", () => {
  const RECORDS = [
    deploy(1, 2, "a", "deployed"),
    deploy(10, 11, "b", "rolled back"),
    deploy(20, 21, "c", "refused"),
    deploy(30, 32, "d", "deployed"),
    deploy(40, 41, "e", "rollback failed"),
    deploy(47, 48, "f", "deployed"),
  ];
  const COMMITTED: Readonly<Record<string, readonly Date[]>> = {
    "-a": [at(0)],
    "a-d": [at(12), at(22)],
    "d-f": [at(42)],
  };
  const dora = doraOf(RECORDS, (from, to) => COMMITTED[`${from ?? ""}-${to}`] ?? [], 2);

  test("count what was deployed, and not what a gate stopped", () => {
    expect([dora.deploys, dora.deploysADay]).toEqual([5, 2.5]);
  });

  test("tell the middle time from a commit to the end of the deploy that brought it", () => {
    // 2, 20, 10 and 6 hours.
    expect(dora.leadHours).toBe(6);
  });

  test("tell the share that had to be rolled back", () => {
    expect(dora.failureShare).toBe(2 / 5);
  });

  test("tell the middle time from the beginning of a bad deploy until it was undone or replaced", () => {
    // 1 and 8 hours.
    expect(dora.restoreHours).toBe(1);
  });

  test("are not known of nothing", () => {
    const none = doraOf([], () => [], 90);
    expect(none).toMatchObject({ deploys: 0, deploysADay: 0 });
    expect([none.leadHours, none.failureShare, none.restoreHours]).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
  });
});

test("a deploy is remembered by the repository, and read back with its times, commit and outcome", () => {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-deploys-"));
  const git = (...args: string[]) => execFileSync("git", args, { cwd: folder, encoding: "utf8" }).trim();
  git("init", "--quiet");
  git("config", "user.name", "Test");
  git("config", "user.email", "test@example.com");
  git("commit", "--quiet", "--allow-empty", "--message", "first");
  const begunAt = new Date("2026-11-01T10:20:30.456Z");
  const startedAt = Date.now();
  record("production", begunAt, "rolled back", folder);
  record("production", new Date("2026-11-02T00:00:00.000Z"), "deployed", folder);
  record("staging", begunAt, "deployed", folder);
  const [first, second] = recordsOf("production", folder);
  expect(first).toMatchObject({ begunAt, outcome: "rolled back", commit: git("rev-parse", "HEAD") });
  expect(first?.endedAt.getTime()).toBeGreaterThan(startedAt - 2_000);
  expect(second?.outcome).toBe("deployed");
  expect(recordsOf("production", folder)).toHaveLength(2);
});
