import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { readOptions } from "#scripts/dev/options.ts";
import { readArguments as readImport } from "#scripts/import/options.ts";
import { StartError } from "#scripts/local/start-error.ts";
import { readArguments as readPurge } from "#scripts/purge/options.ts";
import { reportOf } from "#scripts/purge/send.ts";
import { readArguments as readToken } from "#scripts/token/options.ts";

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof StartError) return error.message;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("npm run dev", () => {
  test("takes six ports in a row", () => {
    expect(readOptions([], {})?.ports).toEqual({
      edge: 8787,
      origin: 8788,
      ops: 8789,
      redisRest: 8790,
      postgres: 8791,
      redis: 8792,
    });
    expect(readOptions(["--port-base", "9000"], {})?.ports).toMatchObject({ edge: 9000, redis: 9005 });
  });

  test("uses parts that the environment names", () => {
    const variables = {
      DATABASE_URL: "postgres://db/x",
      REDIS_URL: "",
      UPSTASH_REDIS_REST_URL: "https://redis",
      UPSTASH_REDIS_REST_TOKEN: "t",
      GATEHOUSE_DATA_DIR: "/elsewhere",
    };
    expect(readOptions(["--reset"], variables)).toMatchObject({
      folder: "/elsewhere",
      reset: true,
      databaseUrl: "postgres://db/x",
      redisUrl: null,
      upstash: { url: "https://redis", token: "t" },
    });
  });

  test.each([
    ["a port that is none", ["--port-base", "http"], {}, /^--port-base takes a port from 1 to 65530\./],
    ["a port too high for the others", ["--port-base", "65531"], {}, /^--port-base takes a port/],
    ["an unknown option", ["--rest"], {}, /^Unknown option '--rest'/],
    ["half of Upstash", [], { UPSTASH_REDIS_REST_URL: "https://redis" }, /set both or none\.$/],
  ])("refuses %s", (_, args, variables, sentence) => {
    expect(refusal(() => readOptions(args, variables))).toMatch(sentence);
  });
});

describe("npm run token", () => {
  const usual = ["--tenant", "demo", "--scope", "catalog:read"];

  test.each([
    ["90s", 90],
    ["15m", 900],
    ["24h", 86_400],
    ["366d", 31_622_400],
  ])("takes %s as %d seconds", (ttl, lifetimeSeconds) => {
    expect(readToken([...usual, "--ttl", ttl])).toMatchObject({ lifetimeSeconds });
  });

  test("takes several scopes, each once", () => {
    const args = [...usual, "--scope", "catalog:write", "--scope", "catalog:read"];
    expect(readToken(args)).toMatchObject({
      scopes: ["catalog:read", "catalog:write"],
      subject: "developer",
      clientId: "demo-cli",
    });
  });

  test("takes scopes separated by spaces, as a token has them", () => {
    const args = ["--tenant", "demo", "--scope", " catalog:read  catalog:write "];
    expect(readToken(args)?.scopes).toEqual(["catalog:read", "catalog:write"]);
  });

  test.each([
    ["no tenant", ["--scope", "catalog:read"], /^--tenant is missing\./],
    ["no scope", ["--tenant", "demo"], /^--scope is missing\./],
    ["an unknown scope", ["--tenant", "demo", "--scope", "all"], /^There is no scope all\./],
    ["an unknown scope among others", [...usual, "--scope", "catalog:write all"], /^There is no scope all\./],
    ["a scope of nothing but spaces", ["--tenant", "demo", "--scope", " "], /^--scope is missing\./],
    ["two tenants", [...usual, "--tenant", "rival"], /^--tenant is given twice\./],
    ["two times to live", [...usual, "--ttl", "1h", "--ttl=2h"], /^--ttl is given twice\./],
    ["a unit that is none", [...usual, "--ttl", "1y"], /^--ttl takes a number/],
    ["no time at all", [...usual, "--ttl", "0s"], /^--ttl takes a number/],
    ["more than the edge believes", [...usual, "--ttl", "367d"], /^--ttl takes a number/],
    ["an unknown option", ["--admin"], /^Unknown option '--admin'/],
  ])("refuses %s", (_, args, sentence) => {
    expect(refusal(() => readToken(args))).toMatch(sentence);
  });
});

describe("npm run import", () => {
  test("means tenant demo of this machine unless told otherwise", () => {
    const local = { url: null, token: null, tenant: "demo", resume: null };
    expect(readImport(["a.ndjson"])).toEqual({ file: "a.ndjson", ...local });
    const resume = "019a0000-0000-7000-8000-000000000000";
    expect(readImport(["a.ndjson", "--resume", resume])).toEqual({ file: "a.ndjson", ...local, resume });
  });

  test.each([
    ["no file", [], /^Give one file\./],
    ["two files", ["a", "b"], /^Give one file\./],
    ["a URL without a token", ["a", "--url", "http://127.0.0.1"], /^--url needs a --token/],
    ["to go on with what is no import", ["a", "--resume", "last"], /^--resume takes the id of an import/],
    ["what is no URL", ["a", "--url", "localhost", "--token", "t"], /^--url takes a URL/],
    ["a token and a tenant", ["a", "--token", "t", "--tenant", "demo"], /^A --token says for which tenant/],
  ])("refuses %s", (_, args, sentence) => {
    expect(refusal(() => readImport(args))).toMatch(sentence);
  });
});

describe("npm run purge", () => {
  test("takes tags, everything, or everything of a tenant", () => {
    const nothing = { tags: [], tenant: null, url: null };
    expect(readPurge(["--tag", "a", "--tag", "b", "--tag", "a"])).toEqual({ ...nothing, tags: ["a", "b"] });
    expect(readPurge(["--everything"])).toEqual(nothing);
    expect(readPurge(["--everything", "--tenant", "demo", "--url", "https://x.test/"])).toEqual({
      ...nothing,
      tenant: "demo",
      url: "https://x.test",
    });
    expect(readPurge(["--help"])).toBeNull();
  });

  test.each([
    ["nothing", [], /^Give --tag or --everything\./],
    ["both", ["--tag", "a", "--everything"], /^Give --tag or --everything\./],
    ["a tenant with tags", ["--tag", "a", "--tenant", "demo"], /^--tenant goes with --everything\./],
    ["two tags as one", ["--tag", "a,b"], /^"a,b" is no tag/],
    ["a tag with a space", ["--tag", "a b"], /^"a b" is no tag/],
    ["too many tags", Array.from({ length: 101 }, (_, i) => `--tag=t${i}`), /^At most 100 tags/],
    ["a host alone", ["--everything", "--url", "api.test"], /^--url takes a URL/],
    ["an unknown option", ["--all"], /^Unknown option '--all'/],
  ])("refuses %s", (_, args, sentence) => {
    expect(refusal(() => readPurge(args))).toMatch(sentence);
  });

  test("says what was purged, where, and when nothing was", () => {
    const done = { success: true, errors: [] };
    expect(reportOf({ tags: ["a", "b"] }, { ...done, reach: "network" })).toBe(
      "Purged a, b at every location.",
    );
    expect(reportOf({ purgeEverything: true }, { ...done, reach: "isolate" })).toBe(
      "Purged everything in the isolate that answered; others keep theirs.",
    );
    const errors = [{ code: 10_429, message: "rate limited" }];
    expect(reportOf({ purgeEverything: true }, { success: false, errors, reach: "network" })).toBe(
      "Nothing was purged: rate limited (10429).",
    );
  });
});

describe("a command with few options", () => {
  const run = (...args: string[]) => spawnSync(process.execPath, args, { encoding: "utf8" });

  test.each([
    "migrate",
    "migration",
    "verify",
    "contract",
    "openapi",
    "remove-catalogue",
    "checks/test-summary",
  ])("%s says how it is used when asked, and when it cannot be meant, without a stack", (name) => {
    const asked = run(`scripts/${name}.ts`, "--help");
    expect(asked).toMatchObject({ status: 0, stderr: "" });
    expect(asked.stdout).toMatch(/^npm run /);
    const odd = run(`scripts/${name}.ts`, "--odd");
    expect(odd).toMatchObject({ status: 2, stdout: "" });
    expect(odd.stderr).toMatch(/^Unknown option '--odd'/);
    expect(odd.stderr.endsWith(`\n\n${asked.stdout}`)).toBe(true);
  });

  test("purge names the secret that is missing for another edge", () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ["scripts/purge.ts", "--everything", "--url", "http://127.0.0.1:1"],
      { encoding: "utf8", env: { ...process.env, ASSERTION_SECRETS: "" } },
    );
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: "The environment is not usable:\n  - ASSERTION_SECRETS is missing\n",
    });
  });
});
