import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { DEVELOPMENT_SECRET_PREFIX } from "#shared/environment.ts";
import { StartError } from "./start-error.ts";

const secret = Type.String({ pattern: `^${DEVELOPMENT_SECRET_PREFIX}` });

const Secrets = Type.Object({
  /** Between the two tiers. */
  assertion: secret,
  /** Signs list cursors. */
  cursor: secret,
  /** Seals the origin's own token-signing keys in the database. */
  keyEncryption: secret,
  redisToken: secret,
  /** Of the origin's login to Postgres. */
  databasePassword: secret,
});

/** What development and tests need that must not be known; refused by any other environment. */
export type Secrets = Static<typeof Secrets>;

const check = Compile(Secrets);

export function makeSecrets(): Secrets {
  const make = () => `${DEVELOPMENT_SECRET_PREFIX}${randomBytes(32).toString("base64url")}`;
  return {
    assertion: make(),
    cursor: make(),
    keyEncryption: make(),
    redisToken: make(),
    databasePassword: make(),
  };
}

/**
 * The secrets of a data folder, made at its first start.
 * @throws StartError when the file there is not what was written
 */
export function keepSecrets(folder: string): Secrets {
  const file = join(folder, "secrets.json");
  if (existsSync(file)) {
    const secrets: unknown = parse(readFileSync(file, "utf8"));
    if (check.Check(secrets)) return secrets;
    throw new StartError(`${file} is not readable any more: run \`npm run dev -- --reset\` to start afresh.`);
  }
  const secrets = makeSecrets();
  writePrivately(file, secrets);
  return secrets;
}

/** Writes JSON that only this user may read. */
export function writePrivately(file: string, value: unknown): void {
  mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
