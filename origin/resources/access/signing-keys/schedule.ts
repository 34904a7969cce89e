/**
 * What each signing key is for at a moment. It follows from when keys start to sign, so that origins
 * agree without talking: a key is published before it signs for as long as verifiers may keep an older
 * key set, and after it has signed for as long as its last token lives.
 */

export type ScheduledKey = {
  readonly kid: string;
  /** Milliseconds since the epoch. */
  readonly signsFrom: number;
  /** The longest life of a token signed with it, in seconds. */
  readonly tokenLifetimeSeconds: number;
};

/** `published`: known, does not sign yet. `retired`: signs no more, its tokens live. `gone`: not published. */
export type KeyState = "published" | "signing" | "retired" | "gone";

/** For clocks that differ, and for an origin that has not noticed its new key (`signing-keys.ts`). */
const MARGIN_MS = 120_000;

/** The key that signs at `now`: the one that started last; before the first start, the first. */
export function signerOf<K extends ScheduledKey>(keys: readonly K[], now: number): K | undefined {
  const inOrder = inOrderOfStart(keys);
  return inOrder.findLast(({ signsFrom }) => signsFrom <= now) ?? inOrder[0];
}

export function stateOf(key: ScheduledKey, keys: readonly ScheduledKey[], now: number): KeyState {
  const signer = signerOf(keys, now);
  if (signer === undefined || key.kid === signer.kid) return "signing";
  if (key.signsFrom > now) return "published";
  return now < unneededFrom(key, keys) ? "retired" : "gone";
}

/** When the last token that was signed with it has expired; never while it has no successor. */
export function unneededFrom(key: ScheduledKey, keys: readonly ScheduledKey[]): number {
  const inOrder = inOrderOfStart(keys);
  const successor = inOrder[inOrder.findIndex(({ kid }) => kid === key.kid) + 1];
  if (successor === undefined) return Number.POSITIVE_INFINITY;
  return successor.signsFrom + key.tokenLifetimeSeconds * 1000 + MARGIN_MS;
}

/**
 * Whether it is time to publish the next key, so that it signs when the newest has done so for its time.
 * @param lifetimeSeconds how long a key signs
 * @param publishSeconds how long a key is published before
 */
export function isRotationDue(
  keys: readonly ScheduledKey[],
  { lifetimeSeconds, publishSeconds }: { lifetimeSeconds: number; publishSeconds: number },
  now: number,
): boolean {
  const newest = inOrderOfStart(keys).at(-1);
  return newest === undefined || newest.signsFrom + (lifetimeSeconds - publishSeconds) * 1000 <= now;
}

function inOrderOfStart<K extends ScheduledKey>(keys: readonly K[]): readonly K[] {
  return [...keys].sort((a, b) => a.signsFrom - b.signsFrom || (a.kid < b.kid ? -1 : 1));
}
