import { expect, test } from "vitest";
import { Command } from "#tests/support/command.ts";

test("a bad version of either tier is found, taken back, and leaves service and cache as before; a good one comes through", async () => {
  const { code, stdout, stderr } = await new Command("scripts/rollback-drill.ts", ["--verify"]).finished();
  expect(stderr).not.toContain("WRONG");
  expect(stdout.match(/rolled back, service and cache as before/g)).toHaveLength(2);
  expect(stdout.match(/deployed, as it should be/g)).toHaveLength(1);
  expect(code).toBe(0);
});
