import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { classOf } from "#tests/faults/matrix/cell.ts";
import { DOCUMENT, differences, rewritten, rowOf } from "#tests/faults/matrix/document.ts";
import { allRows } from "#tests/faults/matrix/run.ts";
import { verdictOf } from "#tests/faults/matrix/verdict.ts";

const document = readFileSync(DOCUMENT, "utf8");
const refused = rowOf(document, "origins", "refuses") ?? "";

const report = (text: string, more: object = {}) => ({
  bareWorstMs: 20,
  rows: [
    {
      ...{ dependency: "origins" as const, row: "refuses", text, runs: 1 },
      ...{ broken: [], overrunMs: 0, recoveryMs: 100, requests: 10, isWell: true },
      seen: { outcomes: new Map(), lost: "none" as const, recovers: "yes" as const },
      ...more,
    },
  ],
});

describe("the outage contract", () => {
  it("has each row that the suite runs, and no other", () => {
    expect(allRows.filter(([dependency, row]) => rowOf(document, dependency, row) === undefined)).toEqual([]);
    expect(rewritten(document, new Map())).toBe(document);
  });

  it("says of a cell that changes where it is, what it was and what it is", () => {
    const changed = refused.replace("| refused |", "| 500 |");
    expect(verdictOf(report(changed), document).faults).toEqual([
      'All origins, refuses connections, not cached: was "refused", is "500"',
    ]);
    expect(differences("origins", undefined, changed)).toEqual([
      `All origins, refuses connections: is not in ${DOCUMENT}`,
    ]);
  });

  it("is rewritten with what was seen, and keeps what was not looked at", () => {
    const changed = refused.replace("| refused |", "| 500 |");
    const now = rewritten(document, new Map([["origins.refuses", changed]]));
    expect(rowOf(now, "origins", "refuses")).toBe(changed);
    expect(now.replace(changed, refused)).toBe(document);
  });

  it("does not hold when a promise is broken that holds in every row", () => {
    expect(verdictOf(report(refused), document).faults).toEqual([]);
    expect(verdictOf(report(refused, { overrunMs: 20 }), document).faults).toEqual([]);
    expect(verdictOf(report(refused, { overrunMs: 21 }), document).faults).toEqual([
      "origins.refuses: a request outlived its budget by 21 ms, and a bare worker's worst was 20 ms",
    ]);
    expect(verdictOf(report(refused, { broken: ["a", "b", "a"] }), document).faults).toEqual([
      "origins.refuses: a (2 times)",
      "origins.refuses: b (1 times)",
    ]);
  });
});

describe("the class of a cell", () => {
  it("names what was seen, in one order", () => {
    expect(classOf(["refused", "fresh", "refused"], [])).toBe("fresh or refused");
  });

  it("does not depend on chance where chance decides", () => {
    for (const seen of [["done"], ["refused"], ["done", "refused"]] as const) {
      expect(classOf(seen, ["done", "refused"])).toBe("done or refused");
    }
    expect(classOf(["done", "500"], ["done", "refused"])).toBe("500 or done");
  });
});
