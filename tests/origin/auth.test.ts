import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { contract, scopesOf } from "#shared/contract.ts";
import { LOGIN_CLIENT_ID } from "#shared/resources/auth.ts";
import { scopesOfRole } from "#shared/roles.ts";
import { type OwnOrigin, originClient, startOwnOrigin } from "#tests/support/origin.ts";
import { logIn, newOffice, newPerson, type Office, PASSWORD, post } from "#tests/support/people.ts";
import { revokedIn } from "#tests/support/revoked.ts";
import { owner, stack } from "#tests/support/stack.ts";

const nobody = originClient(null);
let office: Office;
beforeAll(async () => {
  office = await newOffice(scopesOf(contract));
});

async function session() {
  const person = await newPerson(office);
  return { ...person, ...(await logIn(office, person.email)).json };
}

describe("login", () => {
  test("answers 200 with a token (RFC 9068) of the user's scopes and a refresh token, not to be kept", async () => {
    const { id, email } = await newPerson(office, "editor");
    const { status, json, headers } = await logIn(office, email.toUpperCase());
    expect(status).toBe(200);
    const scopes = scopesOfRole("editor", scopesOf(contract));
    expect(json).toMatchObject({ tokenType: "Bearer", expiresInSeconds: 900, scopes });
    expect(Math.round((Date.parse(json.sessionExpiresAt) - Date.now()) / 86_400_000)).toBe(30);
    expect(headers.get("cache-control") ?? "no-store").toBe("no-store");
    const keys = createLocalJWKSet((await nobody("/.well-known/jwks.json")).json);
    const expected = { issuer: stack().issuer, audience: "gatehouse", typ: "at+jwt" };
    const { payload } = await jwtVerify(json.accessToken, keys, expected);
    expect(payload).toMatchObject({
      sub: id,
      client_id: LOGIN_CLIENT_ID,
      tenant: office.tenantId,
      scope: scopes.join(" "),
    });
  });

  test("answers 400 to a missing or unknown member, 413 beyond 4 KiB, 415 to a form", async () => {
    expect((await post("login", { tenant: office.slug, email: "a@b.example" })).status).toBe(400);
    expect((await post("login", { tenant: "a", email: "b", password: "c", otp: "1" })).status).toBe(400);
    expect((await post("login", { tenant: "x".repeat(5_000) })).status).toBe(413);
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const body = "tenant=a&email=b&password=c";
    expect((await nobody("/v1/auth/login", { method: "POST", body, headers: form })).status).toBe(415);
  });

  test("answers 429 with Retry-After to the sixth try of one account in a minute, in whatever case", async () => {
    const { email } = await newPerson(office);
    const spellings = [email, email.toUpperCase(), email, email, email];
    for (const spelling of spellings) expect((await logIn(office, spelling, "wrong")).status).toBe(401);
    const { status, json, headers } = await logIn(office, email);
    expect([status, json.code]).toEqual([429, "quota-exceeded"]);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    expect(Number(headers.get("retry-after"))).toBeLessThanOrEqual(60);
    expect((await logIn(office, (await newPerson(office)).email)).status).toBe(200);
  });

  test("knows an account by no letter that only the database takes for one of its name's", async () => {
    const email = `i${(await newPerson(office)).email}`;
    const body = { email, role: "viewer", password: PASSWORD };
    expect((await office.send("/v1/users", { method: "POST", body })).status).toBe(201);
    expect((await logIn(office, email.replace("i", "\u0130"))).status).toBe(401);
    expect((await logIn(office, email.replace("i", "I"))).status).toBe(200);
  });

  test("counts tries by itself while Redis is away", async () => {
    const own = await startOwnOrigin({ UPSTASH_REDIS_REST_URL: "http://127.0.0.1:9" });
    try {
      const send = originClient(null, own.url);
      const { email } = await newPerson(office);
      const statuses: number[] = [];
      for (let i = 0; i < 6; i++) statuses.push((await logIn(office, email, "wrong", send)).status);
      expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    } finally {
      await own.stop();
    }
  });
});

describe("a login that fails", () => {
  let own: OwnOrigin;
  beforeAll(async () => {
    own = await startOwnOrigin();
  });
  afterAll(() => own.stop());

  async function hashes(): Promise<number> {
    const text = await (await fetch(`${own.opsUrl}/metrics`)).text();
    return Number(/^gatehouse_password_hashes_total (\d+)$/m.exec(text)?.[1]);
  }

  test("answers 401 alike and does the same work, whether account, tenant or password is wrong", async () => {
    const send = originClient(null, own.url);
    const [person, disabled] = [await newPerson(office), await newPerson(office)];
    await owner()`update users set disabled = true where id = ${disabled.id}`;
    const tries = [
      () => logIn(office, person.email, "wrong", send),
      () => logIn(office, "nobody@people.example", PASSWORD, send),
      () => logIn({ slug: "no-such-tenant" }, person.email, PASSWORD, send),
      () => logIn(office, disabled.email, PASSWORD, send),
    ];
    const answers: unknown[] = [];
    for (const attempt of tries) {
      const before = await hashes();
      const { status, json, headers } = await attempt();
      const bearer = headers.get("www-authenticate");
      answers.push({ status, bearer, ...json, requestId: "", hashes: (await hashes()) - before });
    }
    expect(answers[0]).toMatchObject({
      status: 401,
      code: "invalid-credentials",
      bearer: "Bearer",
      hashes: 1,
    });
    expect(answers).toEqual(Array(tries.length).fill(answers[0]));
  });
});

describe("refreshSession", () => {
  test("answers 200 with new tokens, again and again", async () => {
    const { refreshToken, accessToken } = await session();
    const second = await post("refresh", { refreshToken });
    expect(second.status).toBe(200);
    expect([second.json.refreshToken, second.json.accessToken]).not.toContain(refreshToken);
    expect(second.json.accessToken).not.toBe(accessToken);
    const third = await post("refresh", { refreshToken: second.json.refreshToken });
    expect(third).toMatchObject({ status: 200, json: { sessionExpiresAt: second.json.sessionExpiresAt } });
  });

  test("answers 401 to a token that was used, and ends the session for whoever has the next one", async () => {
    const { refreshToken, email } = await session();
    const other = (await logIn(office, email)).json;
    const { json: next } = await post("refresh", { refreshToken });
    expect(await post("refresh", { refreshToken })).toMatchObject({
      status: 401,
      json: { code: "invalid-credentials" },
    });
    expect((await post("refresh", { refreshToken: next.refreshToken })).status).toBe(401);
    expect((await post("refresh", { refreshToken: other.refreshToken })).status).toBe(200);
  });

  test("refuses the access tokens of whoever's refresh token was used twice, and of nobody else", async () => {
    const [victim, other] = [await session(), await session()];
    await post("refresh", { refreshToken: victim.refreshToken });
    await post("refresh", { refreshToken: victim.refreshToken });
    await owner()`update sessions set expires_at = now() - interval '1 s' where user_id = ${other.id}`;
    await post("refresh", { refreshToken: other.refreshToken });
    const revoked = await revokedIn(office.tenantId);
    expect(revoked).toContain(`subject ${victim.id}`);
    expect(revoked).not.toContain(`subject ${other.id}`);
  });

  test("lets one of two that come at once go on, or none", async () => {
    const { refreshToken } = await session();
    const both = await Promise.all([post("refresh", { refreshToken }), post("refresh", { refreshToken })]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
    const winner = both.find(({ status }) => status === 200);
    const again = await post("refresh", { refreshToken: winner?.json.refreshToken });
    expect(again.status).toBe(401);
  });

  test("answers 401 to a forged token, a changed one, and one of a session that is over", async () => {
    const { refreshToken, id } = await session();
    const bytes = Buffer.from(refreshToken, "base64url");
    bytes[35] = 2;
    for (const forged of ["x", refreshToken.slice(1), `${refreshToken}A`, bytes.toString("base64url")]) {
      expect((await post("refresh", { refreshToken: forged })).status).toBe(401);
    }
    await owner()`update sessions set expires_at = now() - interval '1 s' where user_id = ${id}`;
    expect((await post("refresh", { refreshToken })).status).toBe(401);
  });

  test("keeps nothing in the database that a refresh token could be made of", async () => {
    const { refreshToken, id } = await session();
    const [row] = await owner()`select * from sessions where user_id = ${id}`;
    expect(JSON.stringify(row)).not.toContain(refreshToken.slice(-40));
  });

  test("answers 400, 413 and 415", async () => {
    expect((await post("refresh", {})).status).toBe(400);
    expect((await post("refresh", { refreshToken: "x".repeat(2_000) })).status).toBe(413);
    const headers = { "content-type": "text/plain" };
    expect((await nobody("/v1/auth/refresh", { method: "POST", body: "x", headers })).status).toBe(415);
  });
});

describe("logout", () => {
  test("answers 204 and ends the session, and no other; again, and to what is no token, the same", async () => {
    const { refreshToken, accessToken, email } = await session();
    const other = (await logIn(office, email)).json;
    expect((await post("logout", { refreshToken })).status).toBe(204);
    expect(await revokedIn(office.tenantId)).toContain(`token ${decodeJwt(accessToken).jti}`);
    expect((await post("refresh", { refreshToken })).status).toBe(401);
    expect((await post("refresh", { refreshToken: other.refreshToken })).status).toBe(200);
    expect((await post("logout", { refreshToken })).status).toBe(204);
    expect((await post("logout", { refreshToken: "none" })).status).toBe(204);
  });

  test("answers 400, 413 and 415", async () => {
    expect((await post("logout", {})).status).toBe(400);
    expect((await post("logout", { refreshToken: "x".repeat(2_000) })).status).toBe(413);
    const headers = { "content-type": "text/plain" };
    expect((await nobody("/v1/auth/logout", { method: "POST", body: "x", headers })).status).toBe(415);
  });
});

test("getMe answers 200 with the email and role of whoever logged in", async () => {
  const { id, email } = await newPerson(office, "editor");
  const me = await originClient(office.tenantId)("/v1/me", {
    claims: { subject: id, clientId: LOGIN_CLIENT_ID },
  });
  expect(me).toMatchObject({ status: 200, json: { subject: id, email, roles: ["editor"] } });
  const stranger = await originClient(office.tenantId)("/v1/me", {
    claims: { subject: "auth0|1", clientId: LOGIN_CLIENT_ID },
  });
  expect(stranger).toMatchObject({ status: 200, json: { email: null, roles: [] } });
});

test("issueToken answers 429 to the 61st try of one client in a minute, and to no other client", async () => {
  const ask = (client_id: string) =>
    nobody("/v1/oauth/token", {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id,
        client_secret: "x",
      }).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
  const name = `client-of-${office.tenantId}`;
  const answers = await Promise.all(Array.from({ length: 61 }, () => ask(name)));
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(60);
  const [refused] = answers.filter(({ status }) => status === 429);
  expect(refused?.json.code).toBe("quota-exceeded");
  expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await ask(`${name}-2`)).status).toBe(401);
});
