import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { originFlags } from "#scripts/local/start-command.ts";

test("the image starts the origin as npm start does", () => {
  const words = ["node", ...originFlags(), "origin/server.ts"].map((word) => JSON.stringify(word));
  expect(readFileSync("deploy/origin.Dockerfile", "utf8")).toContain(`CMD [${words.join(", ")}]`);
});

test("npm start is what the origin's processes are started with, and the guide says what its flags are for", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
  expect(scripts.start).toBe(`node ${originFlags().join(" ")} origin/server.ts`);
  const guide = readFileSync("docs/from-zero-to-production.md", "utf8");
  expect(originFlags().filter((flag) => !guide.includes(`\`${flag}\``))).toEqual([]);
});
