/** Argon2's cost (RFC 9106 §3.1). */
export type Cost = {
  readonly memoryKib: number;
  readonly passes: number;
  readonly parallelism: number;
};

export type StoredHash = Cost & { readonly salt: Buffer; readonly hash: Buffer };

const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** Writes a hash as a PHC string: cost and salt stand beside it, so that they can be raised one day. */
export function formatPhc({ memoryKib, passes, parallelism, salt, hash }: StoredHash): string {
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$${base64(salt)}$${base64(hash)}`;
}

/** @throws Error when it is not an argon2id PHC string */
export function parsePhc(text: string): StoredHash {
  const [, memory, passes, parallelism, salt = "", hash = ""] = PHC.exec(text) ?? [];
  if (memory === undefined) throw new Error("a stored password hash is not an argon2id PHC string");
  return {
    memoryKib: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, "base64"),
    hash: Buffer.from(hash, "base64"),
  };
}

/** Without padding, as the format has it. */
function base64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
