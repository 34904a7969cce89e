import Type, { type Static } from "typebox";
import { contract, scopesOf } from "#shared/contract.ts";
import type { VariableReader } from "#shared/environment.ts";
import { UUID } from "#shared/resources/common.ts";
import { bodyValidator } from "#shared/validate.ts";
import { ALGORITHMS, type ClaimPath, type TrustedIssuer } from "./issuer.ts";

/** The variable that names other issuers (docs/issuers.md). */
const VARIABLE = "TOKEN_ISSUERS";

export type ExternalIssuer = {
  readonly issuer: TrustedIssuer;
  /** Null: it is discovered. */
  readonly keySetUrl: string | null;
  /** How long its keys are used while they cannot be renewed. */
  readonly staleSeconds: number;
};

const Text = Type.String({ minLength: 1, maxLength: 500 });
const Path = Type.Union([Text, Type.Array(Text, { minItems: 1, maxItems: 8 })]);
const TenantId = Type.String({ pattern: `^${UUID}$` });

const Setting = Type.Object(
  {
    name: Type.String({ pattern: "^[a-z0-9-]{1,32}$" }),
    issuer: Text,
    keySetUrl: Type.Optional(Text),
    audience: Type.Union([Text, Type.Array(Text, { minItems: 1 })]),
    algorithms: Type.Array(Type.Enum([...ALGORITHMS]), { minItems: 1 }),
    types: Type.Optional(Type.Array(Type.Union([Text, Type.Null()]), { minItems: 1 })),
    tenant: Type.Optional(TenantId),
    tenants: Type.Optional(Type.Record(Type.String(), TenantId)),
    claims: Type.Optional(
      Type.Object(
        {
          subject: Type.Optional(Path),
          client: Type.Optional(Path),
          tenant: Type.Optional(Path),
          scopes: Type.Optional(Path),
          plan: Type.Optional(Path),
        },
        { additionalProperties: false },
      ),
    ),
    scopes: Type.Optional(
      Type.Object(
        {
          map: Type.Optional(Type.Record(Type.String(), Type.Array(Text))),
          allow: Type.Optional(Type.Array(Text)),
          always: Type.Optional(Type.Array(Text)),
        },
        { additionalProperties: false },
      ),
    ),
    staleSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400 })),
  },
  { additionalProperties: false },
);
type Setting = Static<typeof Setting>;

const faultsOf = bodyValidator(Type.Array(Setting, { maxItems: 50 }));
const knownScopes: readonly string[] = scopesOf(contract);

/** Reads the issuers that are trusted beside our own; every fault is named. */
export function readTrustedIssuers(
  read: VariableReader,
  schemes: readonly string[],
  ownIssuer: string,
): readonly ExternalIssuer[] {
  const settings = parse(read.text(VARIABLE, "[]"));
  const faults = settings === null ? [] : faultsOf(settings);
  if (settings === null) read.fault(VARIABLE, "must be JSON");
  for (const { pointer, detail } of faults) read.fault(`${VARIABLE}${pointer}`, detail);
  if (!areSettings(settings) || faults.length > 0) return [];
  settings.forEach((setting, index) => {
    for (const fault of contradictions(setting, schemes)) read.fault(`${VARIABLE}/${index}`, fault);
  });
  const names = settings.map(({ name }) => name);
  const issuers = [ownIssuer, ...settings.map(({ issuer }) => issuer)];
  if (new Set(names).size < names.length) read.fault(VARIABLE, "must give each issuer a name of its own");
  if (new Set(issuers).size < issuers.length)
    read.fault(VARIABLE, "must name each issuer once, and not our own");
  return settings.map(toExternal);
}

/** What no schema says. */
function contradictions(
  { issuer, keySetUrl, tenant, tenants, claims, scopes }: Setting,
  schemes: readonly string[],
) {
  const isUrl = (text: string) => URL.canParse(text) && schemes.includes(new URL(text).protocol);
  const named = [
    ...Object.values(scopes?.map ?? {}).flat(),
    ...(scopes?.allow ?? []),
    ...(scopes?.always ?? []),
  ].filter((scope) => !knownScopes.includes(scope));
  return [
    ...(isUrl(issuer) ? [] : [`has an issuer that is no URL with ${schemes.join(" or ")}`]),
    ...(keySetUrl === undefined || isUrl(keySetUrl)
      ? []
      : [`has a keySetUrl that is none with ${schemes.join(" or ")}`]),
    ...((tenant === undefined) === (tenants === undefined) ? ["must have either tenant or tenants"] : []),
    ...(tenants !== undefined && claims?.tenant === undefined
      ? ["must say by claims.tenant which of the tenants"]
      : []),
    ...named.map((scope) => `names the scope ${scope}, which no route asks for`),
  ];
}

function toExternal(setting: Setting): ExternalIssuer {
  const {
    name,
    issuer,
    keySetUrl,
    audience,
    algorithms,
    types = ["at+jwt"],
    claims = {},
    scopes = {},
  } = setting;
  return {
    issuer: {
      name,
      issuer,
      audiences: [audience].flat(),
      algorithms,
      types: types.map((type) => type?.toLowerCase().replace(/^application\//, "") ?? null),
      tenants: tenantsOf(setting),
      claims: {
        subject: pathOf(claims.subject ?? "sub"),
        client: pathOf(claims.client ?? "client_id"),
        scopes: pathOf(claims.scopes ?? "scope"),
        plan: claims.plan === undefined ? null : pathOf(claims.plan),
      },
      scopes: {
        map: scopes.map === undefined ? null : new Map(Object.entries(scopes.map)),
        allow: scopes.allow === undefined ? null : new Set(scopes.allow),
        always: scopes.always ?? [],
      },
    },
    keySetUrl: keySetUrl ?? null,
    staleSeconds: setting.staleSeconds ?? 3_600,
  };
}

function tenantsOf({ tenant, tenants = {}, claims }: Setting): TrustedIssuer["tenants"] {
  if (tenant !== undefined) return { kind: "one", tenantId: tenant };
  return { kind: "mapped", claim: pathOf(claims?.tenant ?? []), table: new Map(Object.entries(tenants)) };
}

const pathOf = (path: string | readonly string[]): ClaimPath => (typeof path === "string" ? [path] : path);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function areSettings(value: unknown): value is Setting[] {
  return Array.isArray(value);
}
