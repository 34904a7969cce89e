import { expect, test } from "vitest";
import { createPasswords } from "#origin/resources/access/auth/passwords.ts";
import { formatPhc, parsePhc } from "#origin/resources/access/auth/phc.ts";

const passwords = createPasswords(() => undefined);

test("a password matches its own hash only, in whatever normal form it is typed", async () => {
  const stored = await passwords.hash("pâssword of mine");
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(await passwords.matches("pa\u0302ssword of mine", stored)).toBe(true);
  expect(await passwords.matches("password of mine", stored)).toBe(false);
  expect(await passwords.matches("pâssword of mine", null)).toBe(false);
});

test("the same password has another hash each time", async () => {
  expect(await passwords.hash("twice the same")).not.toBe(await passwords.hash("twice the same"));
});

test("a hash is checked with the cost that it was made with", async () => {
  // A test vector of the reference implementation (phc-winner-argon2, src/test.c).
  const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
  expect(await passwords.matches("password", reference)).toBe(true);
  expect(await passwords.matches("passwore", reference)).toBe(false);
});

test("a PHC string is read as it was written, and nothing else is read", () => {
  const stored = {
    memoryKib: 19_456,
    passes: 2,
    parallelism: 1,
    salt: Buffer.alloc(16, 7),
    hash: Buffer.alloc(32, 9),
  };
  expect(parsePhc(formatPhc(stored))).toEqual(stored);
  const bad = ["", "x", "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8"];
  for (const text of bad) expect(() => parsePhc(text)).toThrow("PHC");
});
