import ipaddr from "ipaddr.js";

/**
 * Which network addresses may be sent to. Whoever makes a webhook chooses where this system connects to,
 * and from the inside it could reach what the outside cannot: databases, metadata services, itself.
 */

/** Azure's metadata and DNS, the one such service whose address lies in a public range. */
const PUBLIC_BUT_INTERNAL = new Set(["168.63.129.16"]);

/** The only range of IPv6 that is given out for the Internet (IANA "IPv6 Global Unicast"). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");

export type AddressRule = {
  /** Also this machine itself: for development. */
  readonly allowLoopback: boolean;
};

/**
 * Whether an address is on the public Internet. Ranges with a meaning of their own are not, whatever they
 * mean, nor are IPv4 addresses in the clothes of IPv6 ones (mapped, translated, tunnelled).
 */
export function isAllowed(address: string, { allowLoopback }: AddressRule): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (range === "loopback") return allowLoopback;
  if (range !== "unicast" || PUBLIC_BUT_INTERNAL.has(parsed.toString())) return false;
  return !(parsed instanceof ipaddr.IPv6) || parsed.match(GLOBAL_UNICAST);
}
