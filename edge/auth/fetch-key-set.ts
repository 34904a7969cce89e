import { type FetchedKeySet, maxAgeOf, readKeySet } from "./key-set.ts";

const TIMEOUT_MS = 3_000;
const MAX_BYTES = 256 * 1024;

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Fetches a key set from its URL, without following anywhere else. */
export async function fetchKeySet(url: string, fetch: Fetch): Promise<FetchedKeySet> {
  const response = await get(url, fetch);
  return {
    keys: readKeySet(await readText(response)),
    maxAgeSeconds: maxAgeOf(response.headers.get("cache-control")),
  };
}

/**
 * Finds where an issuer has its keys (OpenID Connect Discovery 1.0 §4).
 * @throws Error when the description is another issuer's, or names a place that is less protected
 */
export async function discoverKeySetUrl(issuer: string, fetch: Fetch): Promise<string> {
  const response = await get(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, fetch);
  const found: unknown = JSON.parse(await readText(response));
  if (typeof found !== "object" || found === null || !("issuer" in found) || !("jwks_uri" in found)) {
    throw new Error("the answer does not describe an issuer");
  }
  const { issuer: named, jwks_uri: url } = found;
  if (named !== issuer) throw new Error("the answer describes another issuer");
  if (typeof url !== "string" || !URL.canParse(url)) throw new Error("the keys have no place");
  if (new URL(url).protocol !== new URL(issuer).protocol)
    throw new Error("the keys are at a place of another scheme");
  return url;
}

async function get(url: string, fetch: Fetch): Promise<Response> {
  const headers = { accept: "application/json" };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { headers, signal, redirect: "manual" });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the issuer answered with ${response.status}`);
  }
  return response;
}

/** Reads no more than is believed. */
async function readText({ body }: Response): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let text = "";
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new Error("the issuer's answer is too large");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
