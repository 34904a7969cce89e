import { createLocalJWKSet, jwtVerify } from "jose";

/** A Worker that verifies the token's signature and claims by jose, and does nothing else. */

type Env = { readonly BODY: string; readonly KEYS: string };

let keys: ReturnType<typeof createLocalJWKSet> | null = null;

export default {
  async fetch(request: Request, { BODY, KEYS }: Env): Promise<Response> {
    keys ??= createLocalJWKSet(JSON.parse(KEYS));
    const token = request.headers.get("authorization")?.slice(7) ?? "";
    await jwtVerify(token, keys, {
      algorithms: ["ES256"],
      typ: "at+jwt",
      issuer: "http://issuer.test",
      audience: "gatehouse",
      requiredClaims: ["exp", "iat", "sub", "jti"],
    });
    return new Response(BODY, { headers: { "content-type": "application/json" } });
  },
};
