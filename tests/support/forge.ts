import { createHmac, createSign, type KeyObject } from "node:crypto";

/** Builds tokens that no library would: every byte of every part is the test's. */

export type Forgery = {
  /** Replaces or removes (undefined) members of a good header. */
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** The very text of a part, in place of what the members would give. */
  readonly headerText?: string;
  readonly payloadText?: string;
  /** Signs what stands before the last dot. Default: as the key's owner would. */
  readonly sign?: (input: string) => Buffer;
  /** Changes the finished token. */
  readonly change?: (token: string) => string;
};

export const encode = (text: string | Buffer) => Buffer.from(text).toString("base64url");

/** @param format `ieee-p1363` as JWS has it (RFC 7518 §3.4), or DER */
export const es256 =
  (key: KeyObject, format: "ieee-p1363" | "der" = "ieee-p1363") =>
  (input: string) =>
    createSign("sha256").update(input).sign({ key, dsaEncoding: format });

export const hs256 = (secret: string | Buffer) => (input: string) =>
  createHmac("sha256", secret).update(input).digest();

export function forge(
  good: { readonly header: object; readonly claims: object; readonly sign: (input: string) => Buffer },
  { header, claims, headerText, payloadText, sign = good.sign, change = (token) => token }: Forgery,
): string {
  const head = headerText ?? JSON.stringify({ ...good.header, ...header });
  const payload = payloadText ?? JSON.stringify({ ...good.claims, ...claims });
  const input = `${encode(head)}.${encode(payload)}`;
  return change(`${input}.${encode(sign(input))}`);
}
