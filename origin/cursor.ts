import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { Problem } from "#shared/problems.ts";

const ID_BYTES = 16;
const MAC_BYTES = 16;

/** Opaque places in lists: the last id of a page, sealed together with the list it is a place in. */
export type Cursors = {
  readonly seal: (scope: string, id: string) => string;
  /**
   * @returns the id after which to go on
   * @throws Problem `invalid-request` when the cursor is malformed, forged or another list's
   */
  readonly open: (scope: string, cursor: string) => string;
};

/**
 * Cursors sealed by HMAC-SHA256. `scope` is whatever makes lists different: tenant, operation and
 * filters. It is part of what is signed, not of the cursor, so that a cursor is short and fits its own
 * list only.
 */
export function createCursors(secret: string): Cursors {
  const key = createSecretKey(secret, "utf8");
  const macOf = (scope: string, id: Buffer) =>
    createHmac("sha256", key).update(id).update(scope).digest().subarray(0, MAC_BYTES);

  return {
    seal(scope, id) {
      const bytes = Buffer.from(id.replaceAll("-", ""), "hex");
      return Buffer.concat([bytes, macOf(scope, bytes)]).toString("base64url");
    },
    open(scope, cursor) {
      const bytes = Buffer.from(cursor, "base64url");
      const id = bytes.subarray(0, ID_BYTES);
      const isWhole = bytes.length === ID_BYTES + MAC_BYTES && bytes.toString("base64url") === cursor;
      if (!isWhole || !timingSafeEqual(bytes.subarray(ID_BYTES), macOf(scope, id))) throw notACursor();
      return id.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
    },
  };
}

function notACursor(): Problem {
  const detail = "is not one that this list gave out with these filters";
  return new Problem("invalid-request", {
    errors: [{ in: "query", pointer: "/cursor", rule: "cursor", detail }],
  });
}
