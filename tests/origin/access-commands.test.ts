import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import { contract, scopesOf } from "#shared/contract.ts";
import { Command, type Finished } from "#tests/support/command.ts";
import { originClient } from "#tests/support/origin.ts";
import { logIn, newOffice, type Office } from "#tests/support/people.ts";
import { revokedIn } from "#tests/support/revoked.ts";
import { owner, stack } from "#tests/support/stack.ts";

/** What operators administer access with, on the database as the origin itself may use it. */

/** Each command is a process of its own. */
const PATIENTLY = { timeout: 60_000 };

let office: Office;
let foreign: Office;
beforeAll(async () => {
  [office, foreign] = [await newOffice(scopesOf(contract)), await newOffice(scopesOf(contract))];
});

function run(what: "client" | "user" | "keys" | "revoke", ...args: string[]): Promise<Finished> {
  return new Command(`scripts/${what}.ts`, args, {
    DATABASE_URL: stack().databaseUrl,
    KEY_ENCRYPTION_SECRET: stack().secrets.keyEncryption,
  }).finished();
}

const ofTenant = (action: string, ...args: string[]) => [action, "--tenant", office.slug, ...args];

describe("npm run client", PATIENTLY, () => {
  test("creates a client that gets a token, rotates its secret, lists and disables it", async () => {
    const made = await run("client", ...ofTenant("create", "--name", "Till", "--scope", "clients:admin"));
    const [, id = "", secret = ""] =
      /^client_id {2,}(\S+)\nclient_secret {2,}(\S+)\n$/.exec(made.stdout) ?? [];
    const ask = async (client_secret: string) => {
      const body = new URLSearchParams({ grant_type: "client_credentials", client_id: id, client_secret });
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      const request = { method: "POST", body: body.toString(), headers };
      return (await originClient(null)("/v1/oauth/token", request)).status;
    };
    expect(await ask(secret)).toBe(200);

    const rotated = await run("client", ...ofTenant("rotate", "--id", id, "--grace-seconds", "0"));
    expect(await ask(secret)).toBe(401);
    expect(await ask(/client_secret {2,}(\S+)/.exec(rotated.stdout)?.[1] ?? "")).toBe(200);

    expect((await run("client", ...ofTenant("list"))).stdout).toMatch(new RegExp(`${id} +enabled +- +Till`));
    const elsewhere = await run("client", "disable", "--tenant", foreign.slug, "--id", id);
    const unknown = `Tenant ${foreign.slug} has no client ${id}: npm run client -- list --tenant ${foreign.slug}\n`;
    expect(elsewhere).toMatchObject({ code: 1, stderr: unknown });
    expect((await run("client", ...ofTenant("disable", "--id", id))).stdout).toMatch(`${id}  disabled`);
  });

  test("says in a sentence what is wrong", async () => {
    const unknown = await run("client", ...ofTenant("create", "--name", "x", "--scope", "moon:read"));
    expect(unknown).toMatchObject({ code: 1, stdout: "" });
    expect(unknown.stderr).toMatch(/\/scopes\/0 there is no such scope/);
    expect((await run("client", "list", "--tenant", "none")).stderr).toBe("There is no tenant none.\n");
    const mistyped = await run("client", ...ofTenant("rotate", "--id", "till"));
    expect(mistyped).toMatchObject({ code: 1, stdout: "" });
    expect(mistyped.stderr).toMatch(/^Tenant \S+ has no client till: npm run client -- list --tenant \S+\n$/);
    expect((await run("client", "burn")).stderr).toMatch(/^Say one of: create, list/);
  });
});

describe("npm run user", PATIENTLY, () => {
  test("creates the first administrator with a password that is shown once, and sets another from stdin", async () => {
    const email = "first@people.example";
    const { stdout } = await run("user", ...ofTenant("create", "--email", email, "--role", "admin"));
    const password = /^password {2}(\S+)$/m.exec(stdout)?.[1] ?? "";
    const { status, json } = await logIn(office, email, password);
    expect([status, json.scopes]).toEqual([200, scopesOf(contract)]);
    expect((await run("user", ...ofTenant("list"))).stdout).toMatch(/enabled +admin +first@people\.example/);
    const again = await run("user", ...ofTenant("create", "--email", email, "--role", "admin"));
    expect(again).toMatchObject({ code: 1, stderr: "another user has this email\n" });
    const args = ["scripts/user.ts", ...ofTenant("password", "--email", email), "--password-stdin"];
    const { stdout: said } = spawnSync(process.execPath, args, {
      input: "another long password\n",
      env: { ...process.env, DATABASE_URL: stack().databaseUrl },
      encoding: "utf8",
    });
    expect(said).toMatch(email);
    expect(said).not.toMatch(/password/);
    expect((await logIn(office, email, password)).status).toBe(401);
    expect((await logIn(office, email, "another long password")).status).toBe(200);
    expect((await run("user", ...ofTenant("disable", "--email", email))).code).toBe(0);
    expect((await logIn(office, email, "another long password")).status).toBe(401);
  });
});

describe("npm run revoke", PATIENTLY, () => {
  test("refuses a client, one token, or every token of a tenant, and of no other", async () => {
    const said = await run("revoke", ...ofTenant("client", "--id", "lost-till"));
    expect(said).toMatchObject({ code: 0, stderr: "" });
    expect(said.stdout).toMatch(/^Refused within 5 s: what was issued before \d{4}-.*Z\.\n/);
    expect((await run("revoke", ...ofTenant("token", "--id", "a-jti"))).stdout).toContain("for good");
    expect((await run("revoke", ...ofTenant("everyone"))).code).toBe(0);
    const revoked = await revokedIn(office.tenantId);
    expect(revoked).toEqual(expect.arrayContaining(["client lost-till", "token a-jti", "tenant "]));
    expect(await revokedIn(foreign.tenantId)).toEqual([]);
  });

  test("says so when an id is none of the tenant's, unless it begins with another issuer's name", async () => {
    const { stdout } = await run(
      "user",
      ...ofTenant("create", "--email", "lost@people.example", "--role", "admin"),
    );
    const [, id = ""] = /^([0-9a-f-]{36}) /m.exec(stdout) ?? [];
    const remark = async (kind: string, of: string) =>
      (await run("revoke", ...ofTenant(kind, "--id", of))).stdout.split("\n").slice(1, -1);
    expect(await remark("subject", id)).toEqual([]);
    expect(await remark("client", "auth0:till")).toEqual([]);
    expect(await remark("client", id)).toEqual([
      `But tenant ${office.slug} has no client ${id}: npm run client -- list --tenant ${office.slug}`,
    ]);
    expect(await remark("subject", `${id}x`)).toEqual([
      `But tenant ${office.slug} has no subject ${id}x: npm run user -- list --tenant ${office.slug}`,
    ]);
  });

  test("says in a sentence what is missing", async () => {
    expect((await run("revoke", ...ofTenant("client"))).stderr).toMatch(/^--id is missing\./);
    expect((await run("revoke", "everyone")).stderr).toMatch(/^--tenant is missing\./);
  });
});

describe("npm run keys", PATIENTLY, () => {
  test("lists the keys with what they are for", async () => {
    const { stdout, code } = await run("keys", "list");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^KEY +STATE +SIGNS FROM +PUBLISHED UNTIL\n\S{43} +signing +\d{4}-/);
  });

  test("seals no key for another machine's origins with a secret of this one, nor with one that is not theirs", async () => {
    const before = (await run("keys", "list")).stdout;
    const rotate = (secret: string) =>
      new Command("scripts/keys.ts", ["rotate"], {
        DATABASE_URL: stack().databaseUrl,
        KEY_ENCRYPTION_SECRET: secret,
      }).finished();
    const without = await rotate("");
    expect(without.stderr).toBe("Set KEY_ENCRYPTION_SECRET beside DATABASE_URL, as its origins have it.\n");
    const mistyped = await rotate("x".repeat(40));
    expect(mistyped.stderr).toMatch(/^KEY_ENCRYPTION_SECRET does not have the one [^\n]+\n$/);
    expect([without.code, mistyped.code]).toEqual([1, 1]);
    expect((await run("keys", "list")).stdout).toBe(before);
  });
});

describe("a command that cannot ask the database", PATIENTLY, () => {
  const list = async (change: Partial<Pick<URL, "port" | "pathname" | "username" | "password">>) => {
    const url = Object.assign(new URL(stack().databaseUrl), change);
    const { code, stderr } = await new Command("scripts/user.ts", ofTenant("list"), {
      DATABASE_URL: url.href,
    }).finished();
    return { code, stderr: stderr.replace(url.host, "HOST") };
  };
  const says = (why: string) => ({ code: 1, stderr: `The server of DATABASE_URL (HOST) ${why}.\n` });

  test("says in a sentence that it is away, has no such database, or refuses the login", async () => {
    expect(await list({ port: "1" })).toEqual(says("does not answer: ECONNREFUSED"));
    expect(await list({ pathname: "/nix" })).toEqual(says("has no such database: 3D000"));
    expect(await list({ password: "wrong" })).toEqual(says("refuses this login: 28P01"));
  });

  test("says in a sentence what its login, or its database, has not been given yet", async () => {
    const name = `stranger_${office.slug.slice(-8).replace(/\W/g, "_")}`;
    await owner().unsafe(`create role ${name} login password 'stranger'`);
    const refused = await list({ username: name, password: "stranger" });
    await owner().unsafe(`drop role ${name}`);
    expect(refused).toEqual(says("has not granted gatehouse_app to this login: 42501"));
    expect(await list({ pathname: "/postgres" })).toEqual(
      says("has no tables there before `npm run migrate`: 42P01"),
    );
  });
});
