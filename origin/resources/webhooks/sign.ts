import { createHmac, randomBytes } from "node:crypto";

/** Secrets and signatures of Standard Webhooks (https://www.standardwebhooks.com), symmetric scheme `v1`. */

const PREFIX = "whsec_";
const SECRET_BYTES = 32;

export function makeSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString("base64");
}

export type Message = {
  /** The event's id: the same at every attempt, so that receivers can tell repetitions. */
  readonly id: string;
  /** When this attempt is made, in seconds since the epoch: receivers refuse old ones as replays. */
  readonly timestamp: number;
  readonly body: string;
};

/**
 * The headers that identify and sign a message.
 * @param secrets all that receivers may know it by: one signature each, the newest first
 */
export function signedHeaders(
  { id, timestamp, body }: Message,
  secrets: readonly string[],
): Readonly<Record<string, string>> {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signatures.join(" "),
  };
}
