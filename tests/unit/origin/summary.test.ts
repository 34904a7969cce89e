import { expect, test } from "vitest";
import { summaryOf } from "#origin/db/summary.ts";

test.each([
  [
    "a read that sets its tenant",
    'with "setting" as (select 1) select "found".* from "setting" cross join lateral (select "id" from "users" where "users"."email" = $2 limit 1) "found"',
    "SELECT users",
  ],
  ["a join", 'select * from "sessions" inner join "users" on true', "SELECT sessions users"],
  [
    "an upsert",
    'insert into "revocations" values ($1) on conflict do update set "x" = 1',
    "INSERT revocations",
  ],
  [
    "an update with what it reads",
    "update users set x = (select max(at) from sessions) where id = $1",
    "UPDATE users SELECT sessions",
  ],
  ["a removal", 'delete from "outbox" where "id" = $1', "DELETE outbox"],
  ["a lock", "select 1 from users for update of users", "SELECT users"],
  [
    "a comparison",
    "select 1 from users where a is distinct from b and extract(epoch from at) > 1",
    "SELECT users",
  ],
  ["nothing of ours", "select set_config('app.tenant', $1, true)", "SELECT"],
])("of %s, a summary tells what is done to which tables", (_, statement, summary) => {
  expect(summaryOf(statement)).toBe(summary);
});

test("a summary has no value of a statement, and looks at no more than its beginning", () => {
  const rows = Array.from({ length: 5_000 }, () => "('from users')").join();
  expect(summaryOf(`insert into "outbox" values ${rows}`).length).toBeLessThan(2_000);
  expect(summaryOf("select 'somebody@people.example' from users")).toBe("SELECT users");
});
