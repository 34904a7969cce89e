import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readEdgeConfig } from "#edge/env.ts";
import { readConfig } from "#origin/config.ts";
import type { Variables } from "#shared/environment.ts";

/** The example files against what the code reads: names, and the defaults they state. */

type Example = { readonly required: readonly string[]; readonly defaults: ReadonlyMap<string, string> };

function parseExample(file: string): Example {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
  const entries = [...text.matchAll(/^(# )?([A-Z][A-Z0-9_]*)=(.*)$/gm)];
  return {
    required: entries.flatMap(([, optional, name = ""]) => (optional ? [] : [name])),
    defaults: new Map(
      entries.flatMap(([, optional, name = "", value = ""]) => (optional ? [[name, value]] : [])),
    ),
  };
}

function namesRead(read: (variables: Variables) => unknown): string[] {
  const names = new Set<string>();
  const recorder = new Proxy<Record<string, string | undefined>>(
    {},
    {
      get: (_, name) => {
        names.add(String(name));
        return undefined;
      },
    },
  );
  expect(() => read(recorder)).toThrow("The environment is not usable");
  return [...names].sort();
}

const SECRET = "s".repeat(40);
const values: Readonly<Record<string, string>> = {
  DATABASE_URL: "postgres://app:secret@db.example/gatehouse",
  UPSTASH_REDIS_REST_URL: "https://redis.example",
  UPSTASH_REDIS_REST_TOKEN: SECRET,
  ASSERTION_SECRETS: `k1:${SECRET}`,
  CURSOR_SECRET: SECRET,
  KEY_ENCRYPTION_SECRET: SECRET,
  TOKEN_ISSUER: "https://api.example",
  TOKEN_AUDIENCE: "gatehouse",
  ORIGIN_URLS: "https://origin.example",
};

const files = [
  // The owner's URL is for `npm run migrate`, which the origin has no part in.
  { file: ".env.example", read: readConfig, elsewhere: ["MIGRATION_DATABASE_URL"] },
  { file: ".dev.vars.example", read: readEdgeConfig, elsewhere: [] as readonly string[] },
];

describe.each(files)("$file", ({ file, read, elsewhere }) => {
  const { required, defaults } = parseExample(file);

  test("has every variable that is read, and no other", () => {
    expect([...required, ...defaults.keys()].sort()).toEqual([...namesRead(read), ...elsewhere].sort());
  });

  test("gives no value to what is required, and each of those stops the start by its name", () => {
    for (const name of required.filter((name) => !elsewhere.includes(name))) {
      expect(values, name).toHaveProperty(name);
      expect(() => read({ ...values, [name]: undefined })).toThrow(`${name} is missing`);
    }
  });

  test("states the defaults as they are", () => {
    const complete = Object.fromEntries(required.map((name) => [name, values[name]]));
    expect(read({ ...complete, ...Object.fromEntries(defaults) })).toEqual(read(complete));
  });
});
