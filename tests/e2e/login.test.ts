import { expect, test } from "vitest";
import { type Client, createClient, ProblemError } from "#shared/client.ts";
import { contract, type GatehouseContract, scopesOf } from "#shared/contract.ts";
import { startEdgeUnderTest } from "#tests/support/edge.ts";
import { newOffice, newPerson, PASSWORD } from "#tests/support/people.ts";
import { stack } from "#tests/support/stack.ts";

const ALL = scopesOf(contract);

/** Within which every edge refuses what was revoked. */
const BOUND_MS = 5_000;

async function logIn(role: "admin" | "editor") {
  const office = await newOffice(ALL);
  const { email } = await newPerson(office, role);
  const anyone = createClient({ baseUrl: stack().edgeUrl });
  const { body: session } = await anyone.login({ body: { tenant: office.slug, email, password: PASSWORD } });
  const person = createClient({ baseUrl: stack().edgeUrl, token: session.accessToken });
  return { email, session, anyone, person };
}

/** The code of the problem that whoever asks is refused with; null when they are not. */
function refusalOf({ getMe }: Client<GatehouseContract>): Promise<string | null> {
  return getMe().then(
    () => null,
    (error: unknown) => (error instanceof ProblemError ? (error.document?.code ?? "") : String(error)),
  );
}

test("a person logs in, is known with role and scopes, refreshes, and is out within 5 s of the logout", async () => {
  const { email, session, anyone, person } = await logIn("editor");
  const me = (await person.getMe()).body;
  expect(me).toMatchObject({ email, roles: ["editor"], scopes: session.scopes });
  await expect(person.listUsers()).rejects.toMatchObject({ status: 403 });

  const { refreshToken } = session;
  const next = (await anyone.refreshSession({ body: { refreshToken } })).body;
  const later = createClient({ baseUrl: stack().edgeUrl, token: next.accessToken });
  expect((await later.getMe()).status).toBe(200);
  await anyone.logout({ body: { refreshToken: next.refreshToken } });
  await expect.poll(() => refusalOf(later), { timeout: BOUND_MS, interval: 100 }).toBe("invalid-token");
});

test("an administrator makes a client through the edge, and its tokens are refused within 5 s of its end", async () => {
  const { anyone, person } = await logIn("admin");
  const { id, secret } = (await person.createClient({ body: { name: "Till", scopes: ["clients:admin"] } }))
    .body;
  const form = { grant_type: "client_credentials", client_id: id, client_secret: secret };
  const { body: token } = await anyone.issueToken({ body: form });
  if (!("access_token" in token)) throw new Error("there is no token");
  const till = createClient({ baseUrl: stack().edgeUrl, token: token.access_token });
  expect((await till.listClients({ query: {} })).body.data.map((client) => client.id)).toEqual([id]);

  await person.updateClient({ params: { clientId: id }, headers: {}, body: { disabled: true } });
  await expect.poll(() => refusalOf(till), { timeout: BOUND_MS, interval: 100 }).toBe("invalid-token");
});

test("the edge lets one address try 5 logins a minute, though Redis is away, and tells no origin of the others", async () => {
  const edge = await startEdgeUnderTest();
  try {
    const attempt = () =>
      fetch(`${edge.url}/v1/auth/login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: "{}",
      });
    const answers: Response[] = [];
    for (let i = 0; i < 6; i++) answers.push(await attempt());
    const [last] = answers.slice(-1);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(Number(last?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(edge.origin.requests).toHaveLength(5);
  } finally {
    await edge.stop();
  }
});

test("the edge refuses a token request in the terms of RFC 6749 before any origin sees it", async () => {
  const edge = await startEdgeUnderTest();
  try {
    const answer = await fetch(`${edge.url}/v1/oauth/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await answer.json()).toMatchObject({ error: "invalid_request" });
    expect(edge.origin.requests).toEqual([]);
  } finally {
    await edge.stop();
  }
});
