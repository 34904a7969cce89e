import { base64url } from "jose";

export type Signer = (text: string) => Promise<string>;

const encoder = new TextEncoder();

/** HMAC-SHA256 by Web Crypto, base64url. The key is imported once. */
export function hmacSigner(secret: string): Signer {
  let imported: Promise<CryptoKey> | null = null;
  return async function sign(text) {
    imported ??= crypto.subtle.importKey(
      "raw",
      encoder.encode(secret),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
    const mac = await crypto.subtle.sign("HMAC", await imported, encoder.encode(text));
    return base64url.encode(new Uint8Array(mac));
  };
}
