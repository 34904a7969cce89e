/** Asymmetric algorithms (RFC 7518 §3.1, RFC 8037): with a shared secret, whoever checks could forge. */
export const ALGORITHMS = [
  "ES256",
  "ES384",
  "ES512",
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "EdDSA",
  "Ed25519",
] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** Where a claim stands: its name, or the names that lead to it. */
export type ClaimPath = readonly string[];

/** Whose tokens are believed, and what about them. */
export type TrustedIssuer = {
  /**
   * Stands before its subjects, clients and token ids (`name:id`), so that none of them is taken for one
   * of another issuer. Null for our own.
   */
  readonly name: string | null;
  /** `iss`, exactly. */
  readonly issuer: string;
  /** One of them has to be in `aud`. */
  readonly audiences: readonly string[];
  readonly algorithms: readonly Algorithm[];
  /** `typ` in lower case and without `application/`; null: a token may have none. */
  readonly types: readonly (string | null)[];
  /** Which tenants it may speak for: any, one, or those that a claim's values are mapped to. */
  readonly tenants:
    | { readonly kind: "any"; readonly claim: ClaimPath }
    | { readonly kind: "one"; readonly tenantId: string }
    | { readonly kind: "mapped"; readonly claim: ClaimPath; readonly table: ReadonlyMap<string, string> };
  readonly claims: {
    readonly subject: ClaimPath;
    readonly client: ClaimPath;
    readonly scopes: ClaimPath;
    /** Null: it has no say in quotas. */
    readonly plan: ClaimPath | null;
  };
  readonly scopes: {
    /** What a value of the claim stands for; null: for itself. */
    readonly map: ReadonlyMap<string, readonly string[]> | null;
    /** What it may grant; null: anything. */
    readonly allow: ReadonlySet<string> | null;
    /** What each of its tokens has. */
    readonly always: readonly string[];
  };
};

/** Our own tokens, as `origin/resources/access` issues them (RFC 9068). */
export function ownIssuer(issuer: string, audience: string): TrustedIssuer {
  return {
    name: null,
    issuer,
    audiences: [audience],
    algorithms: ["ES256"],
    types: ["at+jwt"],
    tenants: { kind: "any", claim: ["tenant"] },
    claims: { subject: ["sub"], client: ["client_id"], scopes: ["scope"], plan: ["plan"] },
    scopes: { map: null, allow: null, always: [] },
  };
}
