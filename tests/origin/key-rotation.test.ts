import { randomUUID } from "node:crypto";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KeySource } from "#edge/auth/keys.ts";
import { type Connections, connect } from "#origin/db/client.ts";
import { accessTokenSigner } from "#origin/resources/access/access-token.ts";
import { startRotation } from "#origin/resources/access/signing-keys/rotation.ts";
import { createSigningKeys } from "#origin/resources/access/signing-keys/signing-keys.ts";
import type { SecretList } from "#shared/environment.ts";
import { type OwnDatabase, startOwnDatabase } from "#tests/support/own-database.ts";

/** Rotation by a clock that the test sets: days pass in a second. */

const DAY = 86_400;
const PUBLISH = 7_200;
const TOKEN_LIFETIME = 900;
let database: OwnDatabase;
let connections: Connections;
let seconds = 1_800_000_000;
const now = () => seconds * 1000;

beforeAll(async () => {
  database = await startOwnDatabase();
  connections = connect({ url: database.url, poolSize: 4, applicationName: "test" });
});
afterAll(async () => {
  await connections.close(1);
  await database.drop();
});

/** An origin's keys, as one process has them. */
const origin = (secrets: SecretList = ["development-".padEnd(40, "k")]) =>
  createSigningKeys({
    connections,
    secrets,
    schedule: { lifetimeSeconds: 30 * DAY, publishSeconds: PUBLISH },
    tokenLifetimeSeconds: TOKEN_LIFETIME,
    now,
  });

async function keySetOf(keys: ReturnType<typeof origin>) {
  return { keys: (await keys.published()).map((each) => ({ ...each, alg: "ES256", use: "sig" })) };
}

/** A verifier that keeps its key set for as long as it may, and never looks for a key it does not have. */
function stubbornVerifier(keys: ReturnType<typeof origin>) {
  let kept = { lookUp: createLocalJWKSet({ keys: [] }), until: 0 };
  return async (token: string) => {
    if (kept.until <= seconds) {
      kept = { lookUp: createLocalJWKSet(await keySetOf(keys)), until: seconds + PUBLISH };
    }
    return jwtVerify(token, kept.lookUp, { algorithms: ["ES256"], currentDate: new Date(now()) });
  };
}

/** A verifier by the edge's own rules. */
function edge(keys: ReturnType<typeof origin>) {
  const fetchKeySet = async () => ({ keys: await keySetOf(keys), maxAgeSeconds: 60 });
  const source = new KeySource(fetchKeySet, now, 3_600);
  return async (token: string) => {
    const background: Promise<unknown>[] = [];
    const lookUp = await source.lookUp((work) => background.push(work));
    const verified = await jwtVerify(token, lookUp, { algorithms: ["ES256"], currentDate: new Date(now()) });
    await Promise.all(background);
    return verified;
  };
}

function signer(keys: ReturnType<typeof origin>) {
  const tokens = { issuer: "https://issuer.test", audience: "gatehouse", lifetimeSeconds: TOKEN_LIFETIME };
  const sign = accessTokenSigner({ signingKeys: keys, tokens, now });
  return () =>
    sign({ subject: "s", clientId: "c", plan: null, tenantId: "t", scopes: [], tokenId: randomUUID() });
}

test("several origins that start at once make one first key", async () => {
  const origins = [origin(), origin(), origin()];
  await Promise.all(origins.map((each) => each.ensure()));
  const kids = await Promise.all(origins.map(async (each) => (await each.current()).kid));
  expect(new Set(kids).size).toBe(1);
  expect(await database.sql`select from signing_keys`).toHaveLength(1);
});

test("no token fails at any edge while keys rotate, on schedule, by several origins", async () => {
  const origins = [origin(), origin()] as const;
  const issue = origins.map(signer);
  const verify = [edge(origins[0]), stubbornVerifier(origins[1])];

  const [first] = await origins[0].list();
  seconds += 30 * DAY - PUBLISH - 60;
  const living: { token: string; until: number }[] = [];
  const signedBy = new Set<string | undefined>();
  for (let step = 0; step < 180; step++) {
    seconds += 60;
    await Promise.all(origins.map((each) => each.rotateWhenDue()));
    for (const sign of issue) {
      const token = await sign();
      living.push({ token, until: seconds + TOKEN_LIFETIME });
      signedBy.add(decodeProtectedHeader(token).kid);
    }
    while (living[0] !== undefined && living[0].until <= seconds) living.shift();
    for (const { token } of living) for (const check of verify) await check(token);
  }
  const states = (await origins[0].list()).map(({ state }) => state);
  expect(signedBy.size).toBe(2);
  expect(states).toEqual(["signing", "gone"]);
  expect((await origins[0].published()).map(({ kid }) => kid)).not.toContain(first?.kid);
});

test("an edge that nobody has asked for hours takes the first token of a new key", async () => {
  const [here] = [origin()];
  const verify = edge(here);
  await verify(await signer(here)());
  await here.rotate();
  seconds += PUBLISH + 3 * 3_600;
  const token = await signer(here)();
  await Promise.all([verify(token), verify(token), verify(token)]);
});

test("a rotation by command publishes one key at a time, however often it is asked for", async () => {
  const [here, there] = [origin(), origin()];
  const before = await here.current();
  const made = await Promise.all([here.rotate(), there.rotate(), here.rotate()]);
  expect(made.filter((key) => key !== null)).toHaveLength(1);
  expect((await here.current()).kid).toBe(before.kid);
  seconds += PUBLISH + 60;
  const [one, two] = [await here.current(), await there.current()];
  expect(one.kid).toBe(two.kid);
  expect(one.kid).not.toBe(before.kid);
  expect((await here.published()).map(({ kid }) => kid)).toContain(before.kid);
});

test("a key outlives the tokens of the origin that issues the longest", async () => {
  const patient = createSigningKeys({
    connections,
    secrets: ["development-".padEnd(40, "k")],
    schedule: { lifetimeSeconds: 30 * DAY, publishSeconds: PUBLISH },
    tokenLifetimeSeconds: DAY,
    now,
  });
  await patient.rotateWhenDue();
  const old = await patient.current();
  await origin().rotate();
  seconds += PUBLISH + DAY;
  expect((await origin().published()).map(({ kid }) => kid)).toContain(old.kid);
  seconds += 180;
  expect((await origin().published()).map(({ kid }) => kid)).not.toContain(old.kid);
});

test("a key that is withdrawn signs no more and is gone from the key set, and its tokens are refused within a minute", async () => {
  const [here, there] = [origin(), origin()];
  const [verify, idle] = [edge(here), edge(there)];
  const forged = await signer(here)();
  const { kid } = await here.current();
  for (const check of [verify, idle]) await check(forged);
  expect(await there.withdraw(kid)).toMatchObject({ kid, state: "withdrawn" });
  expect((await here.published()).map((key) => key.kid)).not.toContain(kid);
  expect(await there.withdraw(kid)).toBeNull();
  // What another origin has in memory signs for ten seconds more.
  seconds += 11;
  const next = await here.current();
  expect(next.kid).not.toBe(kid);
  expect(next.kid).toBe((await there.current()).kid);
  expect((await here.list()).find((key) => key.kid === kid)?.state).toBe("withdrawn");
  seconds += 50;
  // Nobody has asked this edge meanwhile.
  await expect(idle(forged)).rejects.toMatchObject({ code: "ERR_JWKS_NO_MATCHING_KEY" });
  await verify(await signer(here)());
  await expect(verify(forged)).rejects.toMatchObject({ code: "ERR_JWKS_NO_MATCHING_KEY" });
});

test("a key that is withdrawn while the next is published is followed by that one, at once", async () => {
  const here = origin();
  const { kid } = await here.current();
  const next = await here.rotate();
  await here.withdraw(kid);
  expect((await here.current()).kid).toBe(next?.kid);
  expect((await here.list()).filter(({ state }) => state === "signing")).toHaveLength(1);
});

test("keys are sealed again with the secret in use, and then open without the one before", async () => {
  const [old, fresh] = ["development-".padEnd(40, "k"), "development-".padEnd(40, "n")];
  await expect(origin([fresh]).ensure()).rejects.toThrow("KEY_ENCRYPTION_SECRET");
  await origin([fresh, old]).ensure();
  const kids = (await origin().list()).map((key) => key.kid);
  expect([...(await origin([fresh, old]).reseal())].sort()).toEqual(kids.sort());
  expect(await origin([fresh, old]).reseal()).toEqual([]);
  await origin([fresh]).ensure();
  await origin([old, fresh]).reseal();
});

test("an origin rotates by itself when the time has come, and says so", async () => {
  seconds += 30 * DAY;
  const said: string[] = [];
  const note = (_: object, message: string) => said.push(message);
  const rotation = startRotation(origin(), { info: note, warn: note, error: note });
  await rotation.stop();
  expect(said).toEqual(["signing key published"]);
});
