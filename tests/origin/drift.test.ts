import { expect, test } from "vitest";
import { readMigrations } from "#origin/db/migrate.ts";
import { appliedMigrations } from "#scripts/deploy/found.ts";
import { stack } from "#tests/support/stack.ts";

test("the migrations of a database are read as the repository has them", async () => {
  const wanted = (await readMigrations()).map(({ name, checksum }) => ({ name, checksum }));
  expect(await appliedMigrations(stack().ownerUrl)).toEqual(wanted);
});

test("a login that cannot be made is told, not taken for a database without migrations", async () => {
  await expect(appliedMigrations("postgres://nobody:nothing@127.0.0.1:1/none")).rejects.toThrow(
    "ECONNREFUSED",
  );
});
