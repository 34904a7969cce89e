import type { Log } from "../../../call.ts";
import type { SigningKeys } from "./signing-keys.ts";

/** Keys sign for days; that one is due is noticed this soon. */
const LOOK_MS = 10 * 60_000;

export type Rotation = { readonly stop: () => Promise<void> };

/** Rotates the signing keys on schedule, as long as the origin runs. */
export function startRotation(
  { rotateWhenDue }: Pick<SigningKeys, "rotateWhenDue">,
  log: Log,
  everyMs = LOOK_MS,
): Rotation {
  let looking = look();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, everyMs).unref();

  async function look(): Promise<void> {
    try {
      const key = await rotateWhenDue();
      if (key !== null) log.info({ kid: key.kid, signs_from: key.signsFrom }, "signing key published");
    } catch (err) {
      // The key in use goes on signing; the next look tries again.
      log.error({ err }, "signing keys not rotated");
    }
  }

  return {
    stop() {
      clearInterval(timer);
      return looking;
    },
  };
}
