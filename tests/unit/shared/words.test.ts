import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wantedOf } from "#origin/resources/products/search/terms.ts";
import { contract } from "#shared/contract.ts";
import { MAX_IDS } from "#shared/resources/product-query.ts";
import { compileRoute } from "#shared/validate.ts";
import { canonicalSearch, canonicalSet } from "#shared/words.ts";

const route = compileRoute(contract.listProducts);
const targetOf = (values: Record<string, string>) => {
  const { values: read, violations } = route.query(Object.entries(values));
  return violations.length > 0 ? violations : route.canonicalQuery(read);
};

describe("the one spelling of a search", () => {
  test.each([
    [
      "desk lamp",
      [
        "Desk Lamp",
        " desk  lamp ",
        "desk, LAMP!",
        "désk-lamp",
        "ｄｅｓｋ lamp",
        "desk\tlamp",
        "lamp desk lamp",
      ],
    ],
    ["a b c la", ["c b a la", "B a, c b LA"]],
    ["-", ["!", "  ", "?!", "-"]],
    ["東京都 lamp", ["東京都　Lamp"]],
  ])("is %j, also of all that means the same", (one, spellings) => {
    for (const spelling of spellings) expect(canonicalSearch(spelling)).toBe(one);
    expect(new Set(spellings.map((q) => JSON.stringify(targetOf({ q })))).size).toBe(1);
  });

  test("keeps apart what does not: the last word may be a beginning", () => {
    expect(canonicalSearch("desk lamp")).not.toBe(canonicalSearch("lamp desk"));
  });

  test("is its own, and finds what the text would", () => {
    const text = fc.string({
      unit: fc.constantFrom(..."aAbBéÉÅßẞΣςσİıﬁ東京ไทก็ _-.'9½Ⅳ\u0301\u0345"),
      maxLength: 30,
    });
    fc.assert(
      fc.property(text, (q) => {
        const one = canonicalSearch(q);
        expect(canonicalSearch(one)).toBe(one);
        const terms = (wanted: ReturnType<typeof wantedOf>) =>
          wanted === null ? null : new Set([...wanted.whole, wanted.beginning]);
        expect(terms(wantedOf(one))).toEqual(terms(wantedOf(q)));
      }),
    );
  });
});

test("a list of ids has one spelling, whatever their order and however often each is named", () => {
  const id = (n: number) => `0190a7c0-0000-7000-8000-${String(n).padStart(12, "0")}`;
  const one = targetOf({ ids: `${id(1)},${id(2)}` });
  expect(one).toBe(`ids=${id(1)}%2C${id(2)}`);
  expect(targetOf({ ids: `${id(2)},${id(1)},${id(2)}` })).toBe(one);
  expect(canonicalSet(id(1))).toBe(id(1));
  expect(targetOf({ ids: Array.from({ length: MAX_IDS + 1 }, (_, n) => id(n)).join() })).not.toEqual(
    expect.any(String),
  );
});
