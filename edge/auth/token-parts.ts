import { base64url } from "jose";
import { hasDuplicateMembers } from "./duplicate-members.ts";

/** What a token says of itself, before any of it is believed. */
export type TokenParts = {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
};

/**
 * Header members that bring a key or its place, or change how the rest is to be read (RFC 8725 §3.10,
 * RFC 7515 §4.1, RFC 7797, RFC 7516): whoever sends one means something that is not done here.
 */
const REFUSED_MEMBERS = ["jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "enc", "epk"];

const BASE64URL = /^[A-Za-z0-9_-]+$/;
/** Last characters whose unused bits are zero, by the length modulo 4 (RFC 4648 §3.5). */
const CANONICAL_ENDS: readonly (string | null)[] = [null, "", "AQgw", "AEIMQUYcgkosw048"];

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Takes a compact JWS apart (RFC 7515 §7.1), strictly: one spelling of each token is accepted, and
 * nothing that two readers could read differently. Null when it is none.
 */
export function readParts(token: string): TokenParts | null {
  const [header, payload, signature, ...more] = token.split(".");
  if (header === undefined || payload === undefined || signature === undefined) return null;
  if (more.length > 0 || ![header, payload, signature].every(isCanonical)) return null;
  const parts = { header: readObject(header), payload: readObject(payload) };
  if (parts.header === null || parts.payload === null) return null;
  const { header: said } = parts;
  if (REFUSED_MEMBERS.some((name) => Object.hasOwn(said, name))) return null;
  return { header: said, payload: parts.payload };
}

function isCanonical(part: string): boolean {
  const ends = CANONICAL_ENDS[part.length % 4];
  if (!BASE64URL.test(part) || ends === "") return false;
  return ends === null || ends === undefined || ends.includes(part.at(-1) ?? "");
}

function readObject(part: string): Readonly<Record<string, unknown>> | null {
  try {
    const text = utf8.decode(base64url.decode(part));
    const value: unknown = JSON.parse(text);
    return isObject(value) && !hasDuplicateMembers(text) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
