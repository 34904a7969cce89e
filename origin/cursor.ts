import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import type { SecretList } from "#shared/environment.ts";
import { Problem } from "#shared/problems.ts";

const ID_BYTES = 16;
const MAC_BYTES = 16;

/** Opaque places in lists: the last id of a page, sealed together with the list it is a place in. */
export type Cursors = {
  /** @param key what the list is sorted by before the id; nothing for a list in order of id */
  readonly seal: (scope: string, id: string, key?: string) => string;
  /**
   * @returns the id after which to go on
   * @throws Problem `invalid-request` when the cursor is malformed, forged or another list's
   */
  readonly open: (scope: string, cursor: string) => string;
  /** The same for a list that is sorted by a key. */
  readonly openPlace: (scope: string, cursor: string) => Place;
};

/** Where a page ended. */
export type Place = { readonly id: string; readonly key: string };

/**
 * Cursors sealed by HMAC-SHA256. `scope` is whatever makes lists different: tenant, operation and
 * filters. It is part of what is signed, not of the cursor, so that a cursor is short and fits its own
 * list only.
 * @param secrets the first one seals; cursors of all of them open
 */
export function createCursors(secrets: SecretList): Cursors {
  const current = createSecretKey(secrets[0], "utf8");
  const keys = [current, ...secrets.slice(1).map((secret) => createSecretKey(secret, "utf8"))];
  // The scope is JSON, which has no NUL: scope and key cannot run into each other.
  const macOf = (key: KeyObject, scope: string, id: Buffer, sortKey: Buffer) =>
    createHmac("sha256", key)
      .update(id)
      .update(scope)
      .update(sortKey.length === 0 ? "" : "\0")
      .update(sortKey)
      .digest()
      .subarray(0, MAC_BYTES);

  function openPlace(scope: string, cursor: string): Place {
    const bytes = Buffer.from(cursor, "base64url");
    const isCanonical = bytes.length >= ID_BYTES + MAC_BYTES && bytes.toString("base64url") === cursor;
    const id = bytes.subarray(0, ID_BYTES);
    const sortKey = bytes.subarray(ID_BYTES, -MAC_BYTES);
    if (!isCanonical) throw notACursor();
    const mac = bytes.subarray(-MAC_BYTES);
    if (!keys.some((key) => timingSafeEqual(mac, macOf(key, scope, id, sortKey)))) throw notACursor();
    return {
      id: id.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
      key: sortKey.toString("utf8"),
    };
  }

  return {
    seal(scope, id, sortedBy = "") {
      const bytes = Buffer.from(id.replaceAll("-", ""), "hex");
      const sortKey = Buffer.from(sortedBy, "utf8");
      return Buffer.concat([bytes, sortKey, macOf(current, scope, bytes, sortKey)]).toString("base64url");
    },
    open: (scope, cursor) => openPlace(scope, cursor).id,
    openPlace,
  };
}

function notACursor(): Problem {
  const detail = "is not one that this list gave out with these filters";
  return new Problem("invalid-request", {
    errors: [{ in: "query", pointer: "/cursor", rule: "cursor", detail }],
  });
}
