import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readClaims } from "#edge/auth/claims.ts";
import { type ExternalIssuer, readTrustedIssuers } from "#edge/auth/trusted-issuers.ts";
import { VariableReader } from "#shared/environment.ts";

const OWN = "https://api.example";
const DEMO = "0199a0a0-0000-7000-8000-00000000de30";
const RIVAL = "0199a0a0-0000-7000-8000-0000000c1ea1";

function read(settings: unknown): readonly ExternalIssuer[] {
  const text = typeof settings === "string" ? settings : JSON.stringify(settings);
  const reader = new VariableReader({ TOKEN_ISSUERS: text });
  const issuers = readTrustedIssuers(reader, ["https:"], OWN);
  reader.done();
  return issuers;
}

const good = {
  name: "other",
  issuer: "https://id.example",
  audience: "gatehouse",
  algorithms: ["RS256"],
  tenant: DEMO,
};

describe("the variable TOKEN_ISSUERS", () => {
  it("may be absent, and has defaults", () => {
    expect(read("")).toEqual([]);
    const [external] = read([good]);
    expect(external).toMatchObject({ keySetUrl: null, staleSeconds: 3_600 });
    expect(external?.issuer).toMatchObject({
      audiences: ["gatehouse"],
      types: ["at+jwt"],
      claims: { plan: null },
    });
  });

  it.each<[string, unknown, string]>([
    ["no JSON", "{", "TOKEN_ISSUERS must be JSON"],
    ["no list", {}, "TOKEN_ISSUERS must be array"],
    ["a missing member", [{ ...good, audience: undefined }], "TOKEN_ISSUERS/0/audience is required"],
    ["an unknown member", [{ ...good, secret: "x" }], "TOKEN_ISSUERS/0/secret is not a known member"],
    [
      "a symmetric algorithm",
      [{ ...good, algorithms: ["HS256"] }],
      "TOKEN_ISSUERS/0/algorithms/0 must be one of",
    ],
    ["no algorithm", [{ ...good, algorithms: ["none"] }], "TOKEN_ISSUERS/0/algorithms/0 must be one of"],
    ["a name with a colon", [{ ...good, name: "a:b" }], "TOKEN_ISSUERS/0/name must match"],
    ["a tenant that is no id", [{ ...good, tenant: "demo" }], "TOKEN_ISSUERS/0/tenant must match"],
    [
      "an issuer that is no URL",
      [{ ...good, issuer: "id" }],
      "TOKEN_ISSUERS/0 has an issuer that is no URL with https:",
    ],
    [
      "keys without protection",
      [{ ...good, keySetUrl: "http://id.example" }],
      "TOKEN_ISSUERS/0 has a keySetUrl",
    ],
    ["no tenant", [{ ...good, tenant: undefined }], "TOKEN_ISSUERS/0 must have either tenant or tenants"],
    ["both", [{ ...good, tenants: {} }], "TOKEN_ISSUERS/0 must have either tenant or tenants"],
    ["tenants without a claim", [{ ...good, tenant: undefined, tenants: { a: DEMO } }], "by claims.tenant"],
    [
      "an unknown scope",
      [{ ...good, scopes: { allow: ["catalogue:read"] } }],
      "names the scope catalogue:read",
    ],
    [
      "a name twice",
      [good, { ...good, issuer: "https://b.example" }],
      "TOKEN_ISSUERS must give each issuer a name",
    ],
    ["an issuer twice", [good, { ...good, name: "b" }], "TOKEN_ISSUERS must name each issuer once"],
    [
      "our own issuer",
      [{ ...good, issuer: OWN }],
      "TOKEN_ISSUERS must name each issuer once, and not our own",
    ],
  ])("is refused with %s", (_, settings, message) => {
    expect(() => read(settings)).toThrow(message);
  });

  it("names every fault, each with its place", () => {
    const settings = [
      { ...good, audience: undefined },
      { ...good, tenant: "x" },
    ];
    expect(() => read(settings)).toThrow(/0\/audience is required\n.*1\/tenant must match/s);
  });
});

describe("another issuer's claims", () => {
  const times = { iat: 1_000, exp: 2_000 };
  const claim = (change: object, claims: object) =>
    readClaims(
      { sub: "u", client_id: "c", ...times, ...claims },
      read([{ ...good, ...change }])[0]?.issuer ?? fail(),
      1_000,
    );
  const byOrganisation = { tenant: undefined, tenants: { org_1: DEMO }, claims: { tenant: "org_id" } };

  it("speak for the tenant it was given, whatever they say of another", () => {
    expect(claim({}, { tenant: RIVAL, org_id: "org_2" })?.principal.tenantId).toBe(DEMO);
  });

  it.each([
    ["org_1", DEMO],
    ["org_2", null],
    ["ORG_1", null],
    [DEMO, null],
    ["__proto__", null],
    ["constructor", null],
    [undefined, null],
    [["org_1"], null],
  ])("speak for no tenant but those that are mapped (%j)", (value, tenantId) => {
    const said = claim(byOrganisation, { org_id: value, tenant: RIVAL });
    expect(said?.principal.tenantId ?? null).toBe(tenantId);
  });

  it("name subjects, clients and tokens with the issuer's name before them", () => {
    expect(claim({}, { jti: "t" })).toMatchObject({
      principal: { subject: "other:u", clientId: "other:c" },
      tokenId: "other:t",
      plan: null,
    });
  });

  it.each<[object, object, string | null]>([
    [{}, { client_id: undefined }, "other:u other:u"],
    [{}, { sub: "" }, "other:c other:c"],
    [{}, { sub: undefined }, "other:c other:c"],
    [{}, { sub: undefined, client_id: undefined }, null],
    [{}, { sub: 7 }, null],
    [{}, { client_id: {} }, null],
    [{ claims: { client: ["act", "sub"] } }, { act: { sub: "inner" } }, "other:u other:inner"],
    [{ claims: { client: ["toString", "name"] } }, {}, "other:u other:u"],
  ])("take whoever is named for both (%j, %j)", (change, claims, expected) => {
    const said = claim(change, claims);
    expect(said === null ? null : `${said.principal.subject} ${said.principal.clientId}`).toBe(expected);
  });

  it.each<[object, object, readonly string[] | null]>([
    [{}, { scope: "catalog:read catalog:write" }, ["catalog:read", "catalog:write"]],
    [{}, { scope: ["catalog:read", "catalog:read"] }, ["catalog:read"]],
    [{}, {}, []],
    [{}, { scope: 7 }, null],
    [{}, { scope: [7] }, null],
    [{}, { scope: { a: 1 } }, null],
    [{ scopes: { allow: ["catalog:read"] } }, { scope: "catalog:read access:admin" }, ["catalog:read"]],
    [
      { scopes: { map: { boss: ["catalog:write"] } } },
      { scope: "boss access:admin __proto__" },
      ["catalog:write"],
    ],
    [{ scopes: { always: ["catalog:read"] } }, {}, ["catalog:read"]],
    [{ claims: { scopes: ["realm", "roles"] } }, { realm: { roles: ["catalog:read"] } }, ["catalog:read"]],
  ])("grant what they may (%j, %j)", (change, claims, expected) => {
    expect(claim(change, claims)?.principal.scopes ?? null).toEqual(expected);
  });

  it("have no say in quotas unless they are given one", () => {
    expect(claim({}, { plan: "scale" })?.plan).toBeNull();
    expect(claim({ claims: { plan: "tier" } }, { tier: "scale" })?.plan).toBe("scale");
  });

  it("need no id, but a well-formed one if there is one", () => {
    expect(claim({}, {})?.tokenId).toBeNull();
    expect(claim({}, { jti: 7 })).toBeNull();
  });
});

/** Claims as the products' documentation shows them, for the presets of docs/issuers.md, in their order. */
const samples = [
  {
    sub: "google-oauth2|1",
    azp: "spa-client",
    org_id: "org_Zk3W1",
    scope: "openid profile",
    permissions: ["catalog:read", "catalog:write"],
  },
  {
    sub: "2f6c7f5e",
    azp: "shop-frontend",
    jti: "1b0c",
    resource_access: { gatehouse: { roles: ["catalog-editor"] }, account: { roles: ["manage-account"] } },
  },
  {
    sub: "user_2x",
    azp: "https://shop.example",
    sid: "sess_1",
    org_id: "org_2abcDEF",
    org_permissions: ["org:catalog:write"],
  },
  { sub: "7335d417", email: "who@acme.example", type: "app", identity_nonce: "x" },
];

describe("the presets of docs/issuers.md", () => {
  const text = readFileSync(new URL("../../../docs/issuers.md", import.meta.url), "utf8");
  const presets = [...text.matchAll(/```json\n(.*?)```/gs)].map(([, json = ""]) => json);

  it("are four", () => {
    expect(presets).toHaveLength(samples.length);
  });

  it.each(samples.map((claims, index) => [presets[index] ?? "", claims] as const))(
    "%# is a good setting, and such claims become a principal of the demo tenant",
    (preset, claims) => {
      const [external] = read(preset);
      const said = readClaims({ ...claims, iat: 1_000, exp: 2_000 }, external?.issuer ?? fail(), 1_000);
      expect(said?.principal.tenantId).toBe(DEMO);
      expect(said?.principal.scopes).toContain("catalog:read");
      expect(said?.principal.subject).toBe(`${external?.issuer.name}:${claims.sub}`);
    },
  );
});

function fail(): never {
  throw new Error("there is no issuer");
}
