import { setBounded } from "../bounded-map.ts";
import { ageSeconds, type Entry, stalenessSeconds } from "./entry.ts";
import { isPartial } from "./plan.ts";
import type { Profile } from "./profile.ts";
import { FOUND, type Reply, replyFrom } from "./reply.ts";
import type { CacheRequest } from "./request.ts";

const MAX_REPLIES = 1_000;

/**
 * Replies that need nobody but the store. Those to plain requests for one entry are equal as long as
 * age and time to live show the same seconds, so they are one object; what is made of it, callers may
 * keep with it. All are forgotten when the second is over, and with them entries that the store
 * has let go of meanwhile.
 */
export class Hits {
  readonly #profile: Profile;
  readonly #replies = new Map<Entry, Reply>();
  #second = 0;

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  /** @param now milliseconds since the epoch */
  reply(entry: Entry, request: CacheRequest, now: number): Reply {
    const isPlain = request.method === "GET" && !isPartial(request.header);
    if (!isPlain) return replyFrom(entry, request, FOUND, this.#profile, now);
    const second = Math.floor(now / 1000);
    if (second !== this.#second) this.#replies.clear();
    this.#second = second;
    const known = this.#replies.get(entry);
    if (known !== undefined && showsNow(known, entry, now)) return known;
    const reply = replyFrom(entry, request, FOUND, this.#profile, now);
    setBounded(this.#replies, MAX_REPLIES, entry, reply);
    return reply;
  }
}

function showsNow({ how }: Reply, entry: Entry, now: number): boolean {
  return (
    Math.floor(how.ageSeconds ?? 0) === Math.floor(ageSeconds(entry, now)) &&
    Math.floor(how.ttlSeconds ?? 0) === Math.floor(-stalenessSeconds(entry, now))
  );
}
