import { base64url } from "jose";
import type { NamedSecret } from "#shared/environment.ts";

/** HMAC-SHA256 by Web Crypto under one secret; MACs are base64url. The key is imported once. */
export type Hmac = {
  readonly sign: (text: string) => Promise<string>;
  /** Compares in constant time. */
  readonly verify: (mac: string, text: string) => Promise<boolean>;
};

const encoder = new TextEncoder();
const ALGORITHM = { name: "HMAC", hash: "SHA-256" };

export function hmac(secret: string): Hmac {
  let imported: ReturnType<typeof crypto.subtle.importKey> | null = null;
  // Not before the first request: Workers allow no crypto at start-up.
  const key = () => {
    imported ??= crypto.subtle.importKey("raw", encoder.encode(secret), ALGORITHM, false, ["sign", "verify"]);
    return imported;
  };
  return {
    async sign(text) {
      const mac = await crypto.subtle.sign(ALGORITHM, await key(), encoder.encode(text));
      return base64url.encode(new Uint8Array(mac));
    },
    async verify(mac, text) {
      return crypto.subtle.verify(ALGORITHM, await key(), base64url.decode(mac), encoder.encode(text));
    },
  };
}

/** Verifies a MAC that was made with any of the secrets, in time that does not tell which. */
export function verifierOf(secrets: readonly NamedSecret[]): Hmac["verify"] {
  const hmacs = secrets.map(({ secret }) => hmac(secret));
  return async function verify(mac, text) {
    const verdicts = await Promise.all(hmacs.map((candidate) => candidate.verify(mac, text)));
    return verdicts.includes(true);
  };
}
