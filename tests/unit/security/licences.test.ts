import { expect, test } from "vitest";
import { licenceFaults } from "#scripts/security/licences.ts";
import { componentsOf } from "#scripts/security/sbom.ts";

const component = (licence: string | undefined) => ({ name: "some", version: "1.0.0", licence });
const SHIPPED = new Set(["some@1.0.0"]);

test.each(["MIT", "MIT OR GPL-3.0-only", "(MIT AND Apache-2.0)"])("%s may be shipped", (licence) => {
  expect(licenceFaults([component(licence)], SHIPPED)).toEqual([]);
});

test.each([
  ["GPL-3.0-only", "some@1.0.0: GPL-3.0-only"],
  ["MPL-2.0", "some@1.0.0: MPL-2.0"],
  ["MIT AND GPL-3.0-only", "some@1.0.0: MIT AND GPL-3.0-only"],
  ["whatever you like", "some@1.0.0: whatever you like"],
  [undefined, "some@1.0.0: names no licence"],
])("%s may not", (licence, fault) => {
  expect(licenceFaults([component(licence)], SHIPPED)).toEqual([fault]);
});

test("what only develops and tests may bind those who pass it on, but not the service that uses it", () => {
  expect(licenceFaults([component("MPL-2.0")], new Set())).toEqual([]);
  expect(licenceFaults([component("AGPL-3.0-only")], new Set())).toEqual([
    "some@1.0.0: AGPL-3.0-only (development only)",
  ]);
});

test("npm's list is read with scopes, and licences of both spellings", () => {
  const components = [
    { group: "@a", name: "b", version: "1.0.0", licenses: [{ license: { id: "MIT" } }] },
    { name: "c", version: "2.0.0", licenses: [{ expression: "MIT OR ISC" }] },
    { name: "d", version: "3.0.0" },
  ];
  expect(componentsOf(JSON.stringify({ components }))).toEqual([
    { name: "@a/b", version: "1.0.0", licence: "MIT" },
    { name: "c", version: "2.0.0", licence: "MIT OR ISC" },
    { name: "d", version: "3.0.0", licence: undefined },
  ]);
});
