import { describe, expect, expectTypeOf, test } from "vitest";
import { createClient } from "#shared/client.ts";
import { contract } from "#shared/contract.ts";
import { deprecationHeaders } from "#shared/deprecation.ts";
import { openApi } from "#shared/openapi.ts";
import { type Contract, defineRoute } from "#shared/route.ts";

const going = defineRoute({
  ...contract.getHealth,
  deprecation: {
    since: "2026-03-01",
    sunset: "2027-03-01",
    successor: "getHealth",
    guide: "https://example.com/moving",
  },
});

describe("a route that is going", () => {
  test("says since when, until when and where to read on, in the terms of RFC 9745 and RFC 8594", () => {
    expect(deprecationHeaders(going)).toEqual({
      deprecation: "@1772323200",
      sunset: "Mon, 01 Mar 2027 00:00:00 GMT",
      link: '<https://example.com/moving>; rel="deprecation"; type="text/html"',
    });
    const undecided = { deprecation: { ...going.deprecation, sunset: null } };
    expect(deprecationHeaders(undecided)).not.toHaveProperty("sunset");
  });

  test("is marked in the description, with the headers of its answers; one that stays is not", () => {
    const { paths } = openApi({ going, getHealth: { ...contract.getHealth, path: "/stays" } });
    expect(paths).toMatchObject({
      "/health": {
        get: {
          deprecated: true,
          "x-gatehouse-deprecation": going.deprecation,
          responses: { 200: { headers: { deprecation: {}, sunset: {}, link: {} } } },
        },
      },
    });
    expect(JSON.stringify(paths)).not.toMatch(/"\/stays":.*"deprecated"/);
  });

  test("is another type for a client, which tells what takes its place", () => {
    const client = createClient({
      baseUrl: "http://127.0.0.1:1",
      contract: { going, stays: contract.getHealth },
    });
    expect(client.going.deprecation.successor).toBe("getHealth");
    expectTypeOf(client.going).toHaveProperty("deprecation");
    expectTypeOf(client.stays).not.toHaveProperty("deprecation");
  });
});

/** What a contract says of routes that are going and cannot be so. */
function faultsOf(routes: Contract): string[] {
  return Object.entries(routes).flatMap(([id, { deprecation }]) => {
    if (deprecation === undefined) return [];
    const { since, sunset, successor } = deprecation;
    const isThere = successor === null || Object.hasOwn(routes, successor);
    // RFC 9745 §4: not gone before it was announced.
    const isInOrder =
      sunset === null ? !Number.isNaN(Date.parse(since)) : Date.parse(since) < Date.parse(sunset);
    return [...(isThere ? [] : [`${id}: no ${successor}`]), ...(isInOrder ? [] : [`${id}: gone before`])];
  });
}

test("no route goes before it was announced, or for another that there is not", () => {
  const early = { ...going, deprecation: { ...going.deprecation, sunset: "2025-01-01" } };
  expect(faultsOf({ early })).toEqual(["early: no getHealth", "early: gone before"]);
  expect(faultsOf(contract)).toEqual([]);
});
