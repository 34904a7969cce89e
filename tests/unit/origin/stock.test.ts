import { expect, test } from "vitest";
import { allocate, crossing, type Level } from "#origin/resources/stock/allocate.ts";

const level = (productId: string, location: string, onHand: number, reserved = 0, version = 1): Level => ({
  productId,
  location,
  onHand,
  reserved,
  version,
});

const LEVELS = [level("a", "east", 5, 3), level("a", "west", 4), level("b", "east", 1, 1)];

test("demand is taken from levels in order, across locations", () => {
  expect(allocate(new Map([["a", 5]]), LEVELS)).toEqual({
    kind: "allocated",
    allocations: [
      { productId: "a", location: "east", quantity: 2 },
      { productId: "a", location: "west", quantity: 3 },
    ],
  });
});

test("when anything is short nothing is taken, and each shortage is told with what there is", () => {
  const demand = new Map([
    ["a", 7],
    ["b", 1],
    ["c", 2],
  ]);
  expect(allocate(demand, LEVELS)).toEqual({
    kind: "short",
    available: new Map([
      ["a", 6],
      ["b", 0],
      ["c", 0],
    ]),
  });
});

test("a product crosses when its last piece goes or its first one comes, at any of its locations", () => {
  const change = (productId: string, location: string, onHandChange: number, reservedChange = 0) => [
    { productId, location, onHandChange, reservedChange },
  ];
  expect(crossing(LEVELS, change("a", "east", 0, 2))).toEqual([]);
  expect(crossing([level("a", "east", 5, 3)], change("a", "east", 0, 2))).toEqual(["a"]);
  expect(crossing([level("a", "east", 5, 3)], change("a", "east", -2, 0))).toEqual(["a"]);
  expect(crossing(LEVELS, change("b", "east", 0, -1))).toEqual(["b"]);
  expect(crossing(LEVELS, change("b", "east", -1, -1))).toEqual([]);
});

test("a product's first level always crosses, even when there is nothing on it", () => {
  const levels = [level("a", "east", 0, 0, 0)];
  expect(
    crossing(levels, [{ productId: "a", location: "east", onHandChange: 0, reservedChange: 0 }]),
  ).toEqual(["a"]);
});
