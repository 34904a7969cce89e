import { base64url } from "jose";

/** Of a SHA-256: more than enough to tell two contents apart. */
const TAG_BYTES = 16;

/**
 * The entity tag of an answer that brings none, such as a page of a list: the same for the same content. A
 * weak one, since it says nothing of the other headers (RFC 9110 §8.8.1).
 */
export async function contentTag(body: ArrayBuffer): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", body);
  return `W/"${base64url.encode(new Uint8Array(digest, 0, TAG_BYTES))}"`;
}
