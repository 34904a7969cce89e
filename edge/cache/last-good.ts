import { Problem, type ProblemCode } from "#shared/problems.ts";
import { setBounded } from "../bounded-map.ts";
import { fingerprint } from "../fingerprint.ts";
import type { Fill, ResponseCache, Served } from "./serve.ts";

/** More answers than the embedded cache can hold of the usual size, for no stored one to be out of reach. */
const MAX_TARGETS = 20_000;

/** What the origin being away looks like. */
const AWAY: ReadonlySet<ProblemCode> = new Set([
  "unavailable",
  "overloaded",
  "deadline-exceeded",
  "bad-gateway",
]);

/**
 * A cache that, when the origin is away, answers from the entry of an earlier version: a write that
 * came just before an outage would otherwise leave nothing to serve.
 */
export function withLastGood(cache: ResponseCache): ResponseCache {
  const versions = new Map<string, string>();
  /** Many hits are the same object: what is known of one need not be looked up for each. */
  const known = new WeakSet<Served>();

  /** @throws `error` when there is no earlier entry, or when it does not say that the origin is away */
  async function serveOlder(fill: Fill, error: unknown): Promise<Served> {
    const version = versions.get(nameOf(fill));
    if (version === undefined || !isAway(error)) throw error;
    const served = await Promise.resolve(cache({ ...fill, version })).catch(() => null);
    if (served === null || served.status >= 400) throw error;
    const how = { "cache-status": "gatehouse; hit; detail=stale", "cf-cache-status": "STALE" };
    return { ...served, headers: { ...served.headers, ...how }, word: "STALE" };
  }

  function note(fill: Fill, served: Served): Served {
    if (served.status >= 400 || known.has(served)) return served;
    known.add(served);
    const name = nameOf(fill);
    // A hit is of the version that is known, unless that had to make room.
    if (served.word !== "HIT" || !versions.has(name)) {
      setBounded(versions, MAX_TARGETS, name, fill.version);
    }
    return served;
  }

  return function serve(fill) {
    const served = cache(fill);
    if (!(served instanceof Promise)) return note(fill, served);
    return served.then(
      (answer) => note(fill, answer),
      (error: unknown) => serveOlder(fill, error),
    );
  };
}

/** What names longer than this are remembered by is a short one: many long ones would be another cache. */
const MAX_NAME_LENGTH = 200;

/**
 * What a target's version is remembered by. Two that share a short name only ask the cache for one that it does
 * not have: the version alone names no answer.
 */
export function nameOf({ partition, target }: Pick<Fill, "partition" | "target">): string {
  const name = `${partition.tenantId ?? ""} ${partition.subject ?? ""} ${target}`;
  return name.length > MAX_NAME_LENGTH ? fingerprint(name) : name;
}

function isAway(error: unknown): boolean {
  return error instanceof Problem && AWAY.has(error.code);
}
