import { expect, test } from "vitest";
import { problemOfDatabase } from "#origin/db/errors.ts";
import { retrying } from "#origin/db/retry.ts";

const at = (code: string) => Object.assign(new Error("refused"), { code });

/** Fails with each of these in turn, then answers. */
function failing(...codes: string[]) {
  const left = codes.map(at);
  let attempts = 0;
  return {
    attempts: () => attempts,
    run: () =>
      retrying(
        async () => {
          attempts++;
          const error = left.shift();
          if (error !== undefined) throw new Error("wrapped", { cause: error });
          return "done";
        },
        () => 0,
      ),
  };
}

test("a transaction that was given up for the sake of others runs again", async () => {
  const { run, attempts } = failing("40P01", "40001");
  expect(await run()).toBe("done");
  expect(attempts()).toBe(3);
});

test("it runs five times at most, and then fails as it failed last", async () => {
  const { run, attempts } = failing(...Array(9).fill("40P01"));
  await expect(run()).rejects.toMatchObject({ cause: { code: "40P01" } });
  expect(attempts()).toBe(5);
});

test("what else fails is not tried again: nobody knows what came of it", async () => {
  for (const code of ["23505", "57014", "CONNECTION_CLOSED"]) {
    const { run, attempts } = failing(code);
    await expect(run()).rejects.toMatchObject({ cause: { code } });
    expect(attempts()).toBe(1);
  }
});

test.each([
  ["23505", 409],
  ["23514", 409],
  ["23503", 422],
  ["22003", 422],
  ["22008", 422],
])("a violation with SQLSTATE %s that nothing explains better is a %s", (code, status) => {
  expect(problemOfDatabase(at(code))?.status).toBe(status);
});
