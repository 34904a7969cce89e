import { Resolver } from "node:dns/promises";
import { type AddressRule, isAllowed } from "./address.ts";
import { LOOPBACK_NAME, type Target } from "./target.ts";

/** Finds the addresses of a name; none when it has none or nobody answers. */
export type Resolve = (host: string) => Promise<readonly string[]>;

const TIMEOUT_MS = 1_500;
const TRIES = 2;

/**
 * Asks the name servers themselves. `dns.lookup` would use one of the four threads that passwords and
 * files share for as long as a name server likes, and read the hosts file of this machine.
 */
export function nameServers(): Resolve {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  return async function resolve(host) {
    if (LOOPBACK_NAME.test(host)) return ["127.0.0.1"];
    const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    return found.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  };
}

export type Resolved =
  | { readonly kind: "addresses"; readonly addresses: readonly [string, ...string[]] }
  | { readonly kind: "unresolved" }
  | { readonly kind: "refused-address" };

/** The addresses of a target, if every one of them may be sent to. */
export async function resolveTarget(
  { host, isAddress }: Extract<Target, { kind: "target" }>,
  rule: AddressRule,
  resolve: Resolve,
): Promise<Resolved> {
  const [first, ...others] = isAddress ? [host] : await resolve(host);
  if (first === undefined) return { kind: "unresolved" };
  const addresses = [first, ...others] as const;
  // One that is private among public ones is what a rebinding name looks like.
  if (!addresses.every((address) => isAllowed(address, rule))) return { kind: "refused-address" };
  return { kind: "addresses", addresses };
}
