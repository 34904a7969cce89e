import { expect, test } from "vitest";
import { driftOf, type Expected, type Found } from "#scripts/deploy/drift.ts";

const EXPECTED: Expected = { commit: "1a2b3c4", migrations: [{ name: "0000_a.sql", checksum: "aa" }] };
const FOUND: Found = {
  edgeTag: "20261121T1820-1a2b3c4",
  image: "ghcr.io/team/gatehouse/origin:1a2b3c4",
  configuration: "",
  migrations: EXPECTED.migrations,
};

test("what was deployed and is as it was is no drift", () => {
  expect(driftOf(EXPECTED, FOUND)).toEqual([]);
});

test.each<[Partial<Found>, string]>([
  [
    { edgeTag: "20261121T1820-5d6e7f8" },
    "the edge serves 20261121T1820-5d6e7f8, the last deploy was 1a2b3c4",
  ],
  [{ edgeTag: null }, "the edge serves no single version"],
  [{ image: "ghcr.io/team/gatehouse/origin:latest" }, "the origin runs ghcr.io/team/gatehouse/origin:latest"],
  [{ configuration: "-  replicas: 3\n+  replicas: 1" }, "not configured as deploy/k8s says"],
  [{ migrations: [] }, "the database lacks the migration 0000_a.sql"],
  [{ migrations: [{ name: "0000_a.sql", checksum: "bb" }] }, "the database has another 0000_a.sql"],
  [{ migrations: [...EXPECTED.migrations, { name: "by_hand.sql", checksum: "cc" }] }, "by_hand.sql, which"],
])("%o is drift", (change, said) => {
  const faults = driftOf(EXPECTED, { ...FOUND, ...change });
  expect(faults).toEqual([expect.stringContaining(said)]);
});
