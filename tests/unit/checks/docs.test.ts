import { describe, expect, test } from "vitest";
import { errorTableFaults } from "#scripts/checks/error-table.ts";
import { pageFaults, type Repository } from "#scripts/checks/pages.ts";
import { variableFaults } from "#scripts/checks/variables.ts";

const repository: Repository = {
  files: new Set(["README.md", "docs/guide.md", "edge/gateway.ts", "package.json"]),
  scripts: new Set(["dev", "test", "docs:check"]),
  problemCodes: new Set(["not-found"]),
  ignored: (path) => path === "docs/made/",
  read: () => "# Start it\n\n## Where things are, and why\n\n```sh\n# no heading\n```\n",
};
const faults = (text: string, path = "docs/guide.md") => pageFaults({ path, text }, repository);

describe("a page", () => {
  test.each([
    "`npm run dev`, `npm run docs:check`, `npm test` and `npm ci`",
    "```sh\nnpm ci && npm run dev\n```",
    "[a](../README.md) [b](../README.md#where-things-are-and-why) [c](#start-it) [d](https://example.com/x)",
    "`edge/gateway.ts`, `edge/`, `docs/guide.md`, `edge/cache/*.ts`, `/v1/things`, `and/or`",
    "`shared/resources/suppliers.ts`",
    "`docs/made/`",
    "`/problems/not-found`",
  ])("may say %j", (text) => {
    expect(faults(text)).toEqual([]);
  });

  test.each([
    ["a script that does not exist", "`npm run start`", "there is no script `npm run start`"],
    ["a script in a code block", "```sh\nnpm run start\n```", "there is no script `npm run start`"],
    ["a short script", "`npm start`", "there is no script `npm run start`"],
    ["a link to a missing page", "[a](missing.md)", "the link missing.md leads nowhere"],
    ["a link from the wrong folder", "[a](README.md)", "the link README.md leads nowhere"],
    ["a link to a missing heading", "[a](#no-heading)", "the link #no-heading leads nowhere"],
    ["a missing file", "`edge/missing.ts`", "there is no `edge/missing.ts`"],
    ["a missing folder", "`edge/missing/`", "there is no `edge/missing/`"],
    ["an unknown problem", "`/problems/gone`", "there is no problem `gone`"],
  ])("may not name %s", (_, text, fault) => {
    expect(faults(text)).toEqual([`docs/guide.md: ${fault}`]);
  });
});

describe("the error table", () => {
  const problems = { a: { status: 400, title: "A", when: "B." } };

  test("has exactly the problems", () => {
    expect(errorTableFaults("| `a` | 400 | A | B. |", problems)).toEqual([]);
  });

  test("may neither lack one, nor differ, nor have one of its own", () => {
    expect(errorTableFaults("", problems)).toHaveLength(1);
    expect(errorTableFaults("| `a` | 401 | A | B. |", problems)).toHaveLength(2);
    expect(errorTableFaults("| `a` | 400 | A | B. |\n| `b` | 400 | A | B. |", problems)).toHaveLength(1);
  });
});

describe("an example file", () => {
  const config = 'read.text("URL"); read.integer("PORT", {});';
  const tier = {
    exampleFile: ".env.example",
    example: "# Where.\nURL=x\n\n# Which.\n# PORT=1\n",
    config,
    sources: config,
  };

  test("has and explains what is read", () => {
    expect(variableFaults(tier)).toEqual([]);
  });

  test("may not lack a variable that is read", () => {
    expect(variableFaults({ ...tier, config: `${config} read.secret("KEY")` })).toEqual([
      "KEY is read but not in .env.example",
    ]);
  });

  test("may not have one that nothing reads", () => {
    expect(variableFaults({ ...tier, sources: 'read.text("URL")' })).toEqual([
      ".env.example has PORT, which nothing reads",
    ]);
  });

  test("may not leave one unexplained", () => {
    expect(variableFaults({ ...tier, example: "URL=x\n\n# Which.\nPORT=1\n" })).toEqual([
      ".env.example does not say what URL is for",
    ]);
  });
});
