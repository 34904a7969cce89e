import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts what is stored and must not be readable by whoever reads the database. */
export type Seal = {
  /** @param name bound to the text: what was sealed under one name opens under no other */
  readonly close: (name: string, text: string) => Buffer;
  /** @throws Error when it was sealed with another secret or name, or was changed */
  readonly open: (name: string, sealed: Buffer) => string;
};

/**
 * AES-256-GCM under a key that HKDF-SHA256 (RFC 5869) derives from the secret.
 * @param purpose each has a key of its own; it is part of what is stored, and never changes
 */
export function createSeal(secret: string, purpose: "signing keys" | "webhook secrets"): Seal {
  const key = Buffer.from(hkdfSync("sha256", secret, "", `gatehouse ${purpose}`, 32));
  return {
    close(name, text) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(name));
      const encrypted = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
    },
    open(name, sealed) {
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
      const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(name))
        .setAuthTag(tag);
      const encrypted = sealed.subarray(NONCE_BYTES + TAG_BYTES);
      return Buffer.concat([decipher.update(encrypted), decipher.final()]).toString("utf8");
    },
  };
}
