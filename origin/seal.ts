import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import type { SecretList } from "#shared/environment.ts";

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** Encrypts what is stored and must not be readable by whoever reads the database. */
export type Seal = {
  /** @param name bound to the text: what was sealed under one name opens under no other */
  readonly close: (name: string, text: string) => Buffer;
  /** @throws Error when it was sealed with none of the secrets or under another name, or was changed */
  readonly open: (name: string, sealed: Buffer) => string;
  /**
   * The same under the secret in use; null when it is that already.
   * @throws Error as `open` does
   */
  readonly renew: (name: string, sealed: Buffer) => Buffer | null;
};

/**
 * AES-256-GCM under keys that HKDF-SHA256 (RFC 5869) derives from the secrets. The first one seals, all open:
 * which one sealed is not stored, since the tag says whether a key fits.
 * @param purpose each has a key of its own; it is part of what is stored, and never changes
 */
export function createSeal(secrets: SecretList, purpose: "signing keys" | "webhook secrets"): Seal {
  const keyOf = (secret: string) =>
    Buffer.from(hkdfSync("sha256", secret, "", `gatehouse ${purpose}`, KEY_BYTES));
  const current = keyOf(secrets[0]);
  const previous = secrets.slice(1).map(keyOf);

  function close(name: string, text: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, current, nonce).setAAD(Buffer.from(name));
    const encrypted = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
  }

  function open(name: string, sealed: Buffer): string {
    const text = [current, ...previous].reduce<string | null>(
      (opened, key) => opened ?? openWith(key, name, sealed),
      null,
    );
    if (text === null) throw new Error("it was sealed with another secret or name, or was changed");
    return text;
  }

  return {
    close,
    open,
    renew: (name, sealed) =>
      openWith(current, name, sealed) === null ? close(name, open(name, sealed)) : null,
  };
}

/** Null when the key does not fit. */
function openWith(key: Buffer, name: string, sealed: Buffer): string | null {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(name))
    .setAuthTag(tag);
  const encrypted = sealed.subarray(NONCE_BYTES + TAG_BYTES);
  try {
    return Buffer.concat([decipher.update(encrypted), decipher.final()]).toString("utf8");
  } catch {
    return null;
  }
}
