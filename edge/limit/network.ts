/** Longer than any address; what is longer is not one, and must not fill a memory. */
const MAX_LENGTH = 64;
const IPV4_MAPPED = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;
/** Groups of an IPv6 address that name the network: a /64 is what one customer gets (RFC 6177 §2). */
const NETWORK_GROUPS = 4;

/**
 * What is counted as one caller: an IPv4 address, or an IPv6 network, since whoever has one has 2^64
 * addresses. `unknown` when the platform did not say.
 */
export function networkOf(address: string | null): string {
  if (address === null || address === "") return "unknown";
  if (!address.includes(":")) return address.slice(0, MAX_LENGTH);
  const mapped = IPV4_MAPPED.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.slice(0, MAX_LENGTH).toLowerCase().split("::", 2);
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeros }, () => "0"), ...after];
  const network = groups.slice(0, NETWORK_GROUPS).map((group) => group.replace(/^0+(?=.)/, ""));
  return `${network.join(":")}::/64`;
}
