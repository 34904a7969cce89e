import { beforeAll, expect, test } from "vitest";
import { contract, scopesOf } from "#shared/contract.ts";
import { LOGIN_CLIENT_ID } from "#shared/resources/auth.ts";
import type { SignedRequest } from "#tests/support/origin.ts";
import {
  logIn,
  newOffice,
  newPerson,
  type Office,
  PASSWORD,
  type Person,
  post,
} from "#tests/support/people.ts";
import { revokedIn } from "#tests/support/revoked.ts";

const NEXT = "another long password";
let office: Office;
let foreign: Office;
beforeAll(async () => {
  const scopes = scopesOf(contract);
  [office, foreign] = [await newOffice(scopes), await newOffice(scopes)];
});

const as = ({ id }: Pick<Person, "id">) => ({ subject: id, clientId: LOGIN_CLIENT_ID });

function change(claims: SignedRequest["claims"], body: object = {}, { send } = office, headers = {}) {
  const passwords = { currentPassword: PASSWORD, newPassword: NEXT, ...body };
  return send("/v1/me/password", {
    method: "POST",
    scopes: [],
    body: passwords,
    headers,
    claims: claims ?? null,
  });
}

test("answers 204: the new password is good, the old one, every session and every token are not", async () => {
  const own = await newOffice(scopesOf(contract));
  const [person, other] = [await newPerson(own), await newPerson(own)];
  const { refreshToken } = (await logIn(own, person.email)).json;
  expect((await change(as(person), {}, own)).status).toBe(204);
  expect((await logIn(own, person.email)).status).toBe(401);
  expect((await logIn(own, person.email, NEXT)).status).toBe(200);
  expect((await post("refresh", { refreshToken })).status).toBe(401);
  expect(await revokedIn(own.tenantId)).toEqual([`subject ${person.id}`]);
  expect((await logIn(own, other.email)).status).toBe(200);
});

test("answers 422 to another password, to whoever is disabled or of another tenant, and to a program", async () => {
  const [person, disabled] = [await newPerson(office), await newPerson(office)];
  const headers = { "content-type": "application/merge-patch+json" };
  await office.send(`/v1/users/${disabled.id}`, { method: "PATCH", body: { disabled: true }, headers });
  const wrong = { status: 422, json: { errors: [{ pointer: "/currentPassword" }] } };
  expect(await change(as(person), { currentPassword: "wrong" })).toMatchObject(wrong);
  expect(await change(as(disabled))).toMatchObject(wrong);
  expect(await change(as(person), {}, foreign)).toMatchObject(wrong);
  const program = { subject: person.id, clientId: person.id };
  expect(await change(program)).toMatchObject({ status: 422, json: { code: "unprocessable" } });
  expect((await logIn(office, person.email)).status).toBe(200);
});

test("answers 429 to the sixth try of one person in a minute, though the password is right", async () => {
  const [person, other] = [await newPerson(office), await newPerson(office)];
  for (let i = 0; i < 5; i++) {
    expect((await change(as(person), { currentPassword: "wrong" })).status).toBe(422);
  }
  expect(await change(as(person))).toMatchObject({ status: 429, json: { code: "quota-exceeded" } });
  expect((await change(as(other))).status).toBe(204);
});

test("lets one of two changes that come at once win", async () => {
  const person = await newPerson(office);
  const answers = await Promise.all([change(as(person)), change(as(person), { newPassword: `${NEXT} 2` })]);
  expect(answers.map(({ status }) => status).sort()).toEqual([204, 422]);
});

test("answers 400, 401, 413 and 415", async () => {
  const person = as(await newPerson(office));
  expect((await change(person, { newPassword: "short" })).status).toBe(400);
  expect((await change(undefined)).status).toBe(401);
  expect((await change(person, { newPassword: "x".repeat(5_000) })).status).toBe(413);
  expect((await change(person, {}, office, { "content-type": "text/plain" })).status).toBe(415);
});
