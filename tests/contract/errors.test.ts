import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { errorTableFaults } from "#scripts/checks/error-table.ts";
import { Problem, type ProblemCode, problemDocument, problems, problemType } from "#shared/problems.ts";

test("docs/errors.md is the table of problems", () => {
  expect(errorTableFaults(readFileSync("docs/errors.md", "utf8"), problems)).toEqual([]);
});

describe.each(Object.keys(problems) as ProblemCode[])("%s", (code) => {
  const { status, title, when } = problems[code];

  test("is an error status with a title and a sentence that says when", () => {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(when).toMatch(/^[A-Z`].*\.$/);
  });

  test("has a document of its own type", () => {
    const document = problemDocument(code, "r-1", { detail: "d" });
    expect(document).toMatchObject({ status, title, code, requestId: "r-1", detail: "d" });
    expect(document.type).toBe(problemType(code));
    expect(new Problem(code).status).toBe(status);
  });
});
