import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { makeSecret, signedHeaders } from "#origin/resources/webhooks/sign.ts";

const body = '{"type":"webhook.test","data":{"name":"Lämpe \\u0000 🙂"}}';
const message = () => ({
  id: "0199b7c2-5b7e-7c3a-9d52-0e6f3c1a2b4d",
  timestamp: (Date.now() / 1_000) | 0,
  body,
});

test("the library of Standard Webhooks verifies what is signed here", () => {
  const secret = makeSecret();
  const headers = signedHeaders(message(), [secret]);
  expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
  expect(() => new Webhook(makeSecret()).verify(body, headers)).toThrow();
  expect(() => new Webhook(secret).verify(body.replace("Lä", "La"), headers)).toThrow();
});

test("the signature covers id and time too", () => {
  const secret = makeSecret();
  const headers = signedHeaders(message(), [secret]);
  for (const changed of [
    { "webhook-id": "another" },
    { "webhook-timestamp": String(Number(headers["webhook-timestamp"]) - 1) },
  ])
    expect(() => new Webhook(secret).verify(body, { ...headers, ...changed })).toThrow();
});

test("with two secrets there are two signatures, and either verifies", () => {
  const [newer, older] = [makeSecret(), makeSecret()];
  const headers = signedHeaders(message(), [newer, older]);
  for (const secret of [newer, older]) expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
  expect(headers["webhook-signature"]?.split(" ")).toHaveLength(2);
});

test("a secret is 256 random bits, as the specification writes them", () => {
  const secret = makeSecret();
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(makeSecret()).not.toBe(secret);
});
