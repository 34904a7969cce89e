/**
 * What a cache hit takes at the least: the gateway's job for one route, written out by hand. The token
 * from memory (verified when it is new), the quota from a lease in memory, the answer from a Map, the
 * same headers. No contract, no router, no failure handling beyond a refusal.
 */

type Env = { readonly BODY: string; readonly KEY: string };
type Claims = {
  readonly exp: number;
  readonly tenant: string;
  readonly client_id: string;
  readonly scope: string;
};

const QUOTA = 1_000_000_000;
const PATH = /^\/v1\/products\/([0-9a-f-]{36})$/;
const tokens = new Map<string, Claims>();
const cache = new Map<
  string,
  { readonly body: ArrayBuffer; readonly etag: string; readonly storedAt: number }
>();
const leases = new Map<string, { units: number; voidAt: number }>();

async function verify(token: string, { KEY }: Env): Promise<Claims> {
  const [head = "", payload = "", signature = ""] = token.split(".");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("jwk", JSON.parse(KEY), algorithm, false, ["verify"]);
  const bytes = (text: string) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const signed = new TextEncoder().encode(`${head}.${payload}`);
  if (!(await crypto.subtle.verify(algorithm, key, bytes(signature), signed))) throw new Error("signature");
  const claims: Claims = JSON.parse(new TextDecoder().decode(bytes(payload)));
  tokens.set(token, claims);
  return claims;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const now = Date.now();
    const url = new URL(request.url);
    const id = PATH.exec(url.pathname)?.[1];
    const authorization = request.headers.get("authorization");
    if (id === undefined || url.search !== "" || !authorization?.startsWith("Bearer "))
      return new Response(null, { status: 400 });
    const token = authorization.slice(7);
    const claims = tokens.get(token) ?? (await verify(token, env));
    if (claims.exp * 1000 <= now || !claims.scope.split(" ").includes("catalog:read"))
      return new Response(null, { status: 401 });
    const client = `${claims.tenant}/${claims.client_id}`;
    let lease = leases.get(client);
    if (lease === undefined || lease.voidAt <= now) {
      lease = { units: QUOTA, voidAt: now + 60_000 };
      leases.set(client, lease);
    }
    if (lease.units-- <= 0) return new Response(null, { status: 429 });
    const key = `${claims.tenant}|${url.pathname}`;
    let entry = cache.get(key);
    if (entry === undefined) {
      entry = { body: new TextEncoder().encode(env.BODY).buffer, etag: '"1"', storedAt: now };
      cache.set(key, entry);
    }
    const requestId = request.headers.get("x-request-id") ?? crypto.randomUUID();
    const age = Math.floor((now - entry.storedAt) / 1000);
    const reset = String(Math.max(1, Math.ceil((lease.voidAt - now) / 1000)));
    return new Response(entry.body, {
      headers: {
        "content-type": "application/json; charset=utf-8",
        etag: entry.etag,
        "cache-status": `gatehouse; hit; ttl=${60 - age}`,
        "cf-cache-status": "HIT",
        age: String(age),
        "cache-control": "private, no-cache",
        "x-request-id": requestId,
        "x-correlation-id": requestId,
        "ratelimit-policy": `"default";q=${QUOTA};w=60`,
        ratelimit: `"default";r=${lease.units};t=${reset}`,
        "x-ratelimit-limit": String(QUOTA),
        "x-ratelimit-remaining": String(lease.units),
        "x-ratelimit-reset": reset,
      },
    });
  },
};
