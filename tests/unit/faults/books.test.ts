import { describe, expect, it } from "vitest";
import { compareBooks, type Difference, type Stored } from "#tests/faults/random/books.ts";

const told = {
  adjustments: new Map([["counted", { productId: "lamp", change: 10 }]]),
  orders: new Map([
    ["first", { id: "o1", lines: [{ productId: "lamp", quantity: 2 }], state: "fulfilled" }],
    ["second", { id: "o2", lines: [{ productId: "lamp", quantity: 3 }], state: "paid" }],
    ["third", { id: "o3", lines: [{ productId: "lamp", quantity: 4 }], state: "cancelled" }],
  ]),
  products: new Map([["sku", "lamp"]]),
};
const stored: Stored = {
  adjustments: [{ reason: "counted", productId: "lamp", change: 10 }],
  orders: [
    { reference: "first", id: "o1", state: "fulfilled" },
    { reference: "second", id: "o2", state: "paid" },
    { reference: "third", id: "o3", state: "cancelled" },
  ],
  products: [{ sku: "sku", id: "lamp" }],
  levels: [{ productId: "lamp", onHand: 8, reserved: 3 }],
};
const [adjustment] = stored.adjustments;
if (adjustment === undefined) throw new Error("there is no adjustment");

describe("the books of random faults", () => {
  it("agree when everything that was told is there, once, and as it was told", () => {
    expect(compareBooks(stored, told)).toEqual([]);
  });

  it.each<[Difference["kind"], string, Partial<Stored>, string]>([
    [
      "lost",
      "lost",
      { adjustments: [] },
      "adjustment counted (10 of lamp) was acknowledged and is not there",
    ],
    ["doubled", "doubled", { adjustments: [adjustment, adjustment] }, "adjustment counted is there 2 times"],
    [
      "untold",
      "unheard of",
      { products: [...stored.products, { sku: "other", id: "desk" }] },
      "product other (desk) is there and nobody was told",
    ],
    [
      "otherwise",
      "otherwise than told",
      { orders: stored.orders.map((order) => ({ ...order, state: "paid" })) },
      "order first is o1, paid; told was o1, fulfilled",
    ],
    [
      "otherwise",
      "stock out of thin air",
      { levels: [{ productId: "lamp", onHand: 9, reserved: 3 }] },
      "stock of lamp is 9 on hand, 3 reserved; told was 8 on hand, 3 reserved",
    ],
  ])("as %s tell what is %s", (kind, _, changed, text) => {
    expect(compareBooks({ ...stored, ...changed }, told)).toContainEqual({ kind, text });
  });
});
