import { parseRevocations, type Revocation, type RevocationKind } from "#shared/revocation.ts";
import type { VerifiedToken } from "./claims.ts";

/** Beyond it, what Redis does not say any more is forgotten: a tenant has at most half as many. */
const MAX_KEPT = 20_000;

/** Whose tokens one tenant refuses, as far as this isolate has learnt. */
export class RevocationList {
  /** Instants in seconds since the epoch: tokens issued before are refused. */
  #tenant = Number.NEGATIVE_INFINITY;
  readonly #kept: Readonly<Record<Exclude<RevocationKind, "tenant">, Map<string, Revocation>>> = {
    client: new Map(),
    subject: new Map(),
    token: new Map(),
  };
  #name = "";
  #length = 0;
  #asked: LogPosition | null = null;

  refuses({ principal, tokenId, issuedAt }: VerifiedToken): boolean {
    if (issuedAt < this.#tenant) return true;
    const { client, subject, token } = this.#kept;
    if (client.size > 0 && isBefore(issuedAt, client.get(principal.clientId))) return true;
    if (subject.size > 0 && isBefore(issuedAt, subject.get(principal.subject))) return true;
    return token.size > 0 && tokenId !== null && token.has(tokenId);
  }

  /** How far the log in Redis has been read. */
  get position(): LogPosition {
    return { name: this.#name, length: this.#length };
  }

  /** Whether all that a log of this length says is known. */
  contains({ name, length }: LogPosition): boolean {
    if (name === this.#name) return length <= this.#length;
    return this.#asked !== null && name === this.#asked.name && length === this.#asked.length;
  }

  /**
   * Adds what was read when the log was said to be `asked`: it may have begun anew since. Nothing is taken back, also when the log begins anew or is lost: only what has
   * expired is forgotten then.
   * @param nowSeconds seconds since the epoch
   */
  append({ name, length, text }: LogPart, asked: LogPosition, nowSeconds: number): void {
    if (name !== this.#name) this.#forget(nowSeconds);
    for (const revocation of parseRevocations(text)) this.#add(revocation);
    this.#name = name;
    this.#length = length;
    this.#asked = asked;
  }

  #add(revocation: Revocation): void {
    const { kind, id, revokedBefore } = revocation;
    if (kind === "tenant") {
      this.#tenant = Math.max(this.#tenant, revokedBefore ?? this.#tenant);
      return;
    }
    const known = this.#kept[kind].get(id);
    if (known === undefined || (revokedBefore ?? 0) > (known.revokedBefore ?? 0)) {
      this.#kept[kind].set(id, revocation);
    }
  }

  #forget(nowSeconds: number): void {
    const maps = Object.values(this.#kept);
    const tooMany = maps.reduce((sum, { size }) => sum + size, 0) > MAX_KEPT;
    for (const map of maps) {
      for (const [id, { expiresAt }] of map) if (tooMany || expiresAt < nowSeconds) map.delete(id);
    }
  }
}

/** A place in a tenant's log; an empty name where there is none. */
export type LogPosition = { readonly name: string; readonly length: number };

/** What follows a place, and where it ends. */
export type LogPart = LogPosition & { readonly text: string };

function isBefore(issuedAt: number, revocation: Revocation | undefined): boolean {
  return revocation !== undefined && issuedAt < (revocation.revokedBefore ?? 0);
}
