import { expect, test } from "vitest";
import { KeySource } from "#edge/auth/keys.ts";
import { readEdgeConfig } from "#edge/env.ts";

const variables = {
  ENVIRONMENT: "development",
  ORIGIN_URLS: "http://127.0.0.1:1",
  ASSERTION_SECRETS: `one:development-${"x".repeat(32)}`,
  TOKEN_ISSUER: "http://127.0.0.1:1",
  UPSTASH_REDIS_REST_URL: "http://127.0.0.1:1",
  UPSTASH_REDIS_REST_TOKEN: `development-${"x".repeat(32)}`,
};

test.each([
  [{}, 3_600],
  [{ TOKEN_KEYS_STALE_SECONDS: "60" }, 60],
])(
  "while the issuer is away its keys are used for as long as configured, an hour by default: %j",
  async (set, seconds) => {
    let now = 1_000_000;
    let isAway = false;
    const fetchKeySet = () =>
      isAway
        ? Promise.reject(new Error("away"))
        : Promise.resolve({ keys: { keys: [] }, maxAgeSeconds: null });
    const { staleKeysSeconds } = readEdgeConfig({ ...variables, ...set }).token;
    const keys = new KeySource(fetchKeySet, () => now, staleKeysSeconds);
    const work: Promise<unknown>[] = [];
    const lookUp = () => keys.lookUp((some) => void work.push(some));
    await lookUp();
    isAway = true;
    now += seconds * 1_000;
    await lookUp();
    now += 1_000;
    await expect(lookUp()).rejects.toMatchObject({ code: "unavailable" });
    await Promise.all(work);
  },
);
