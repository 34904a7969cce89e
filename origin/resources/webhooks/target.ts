import { isIP } from "node:net";
import { type AddressRule, isAllowed } from "./address.ts";

/** What a URL alone says of whether it may be sent to. What its name resolves to is looked at besides. */

export type TargetRule = AddressRule & {
  /** For development. */
  readonly allowHttp: boolean;
};

export type Target =
  | {
      readonly kind: "target";
      readonly url: URL;
      /** Without brackets and final dot, in lower case. */
      readonly host: string;
      readonly isAddress: boolean;
    }
  | { readonly kind: "refused"; readonly why: string };

/** Names that mean something else, or nothing, outside of the network one is in (RFC 6761, 6762, 7686, 8375, 9476). */
const LOCAL_NAME =
  /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home|corp|private|home\.arpa|in-addr\.arpa|ip6\.arpa|onion|alt|test|invalid|example)$/;
/** Names of this machine itself, which no name server is asked for (RFC 6761 §6.3). */
export const LOOPBACK_NAME = /(?:^|\.)localhost$/;
const FIRST_UNPRIVILEGED_PORT = 1_024;

/** Reads a URL as whoever connects will: spellings of addresses (octal, decimal, short) become the address. */
export function readTarget(text: string, rule: TargetRule): Target {
  const url = URL.parse(text);
  if (url === null) return refused("is not a URL");
  if (url.protocol !== "https:" && !(url.protocol === "http:" && rule.allowHttp))
    return refused("must begin with https:");
  if (url.username !== "" || url.password !== "") return refused("must not contain a user or a password");
  if (url.hash !== "") return refused("must not have a fragment");
  if (!portIsAllowed(url, rule)) return refused("must be on port 443 or above 1023");
  const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (isIP(host) !== 0) {
    if (!isAllowed(host, rule)) return refused("must be on the public Internet");
    return { kind: "target", url, host, isAddress: true };
  }
  if (LOOPBACK_NAME.test(host) && rule.allowLoopback) return { kind: "target", url, host, isAddress: false };
  if (!host.includes(".") || LOCAL_NAME.test(host)) return refused("must be on the public Internet");
  return { kind: "target", url, host, isAddress: false };
}

function portIsAllowed({ port, protocol }: URL, { allowHttp }: TargetRule): boolean {
  if (port === "") return protocol === "https:" || allowHttp;
  return Number(port) >= FIRST_UNPRIVILEGED_PORT;
}

function refused(why: string): Target {
  return { kind: "refused", why };
}
