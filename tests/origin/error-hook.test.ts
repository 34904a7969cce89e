import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { contract, scopesOf } from "#shared/contract.ts";
import { type OwnOrigin, originClient, startOwnOrigin } from "#tests/support/origin.ts";
import { newTenant, owner } from "#tests/support/stack.ts";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-hook-"));
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SECRET = "password-of-somebody";

/** A module that is told, and then does what `then` says. */
function hook(
  name: string,
  then = "",
): { readonly path: string; readonly told: () => Record<string, unknown>[] } {
  const [path, notes] = [join(folder, `${name}.mjs`), join(folder, `${name}.ndjson`)];
  writeFileSync(
    path,
    `import { appendFileSync } from "node:fs";
    const note = (what) => appendFileSync(${JSON.stringify(notes)}, JSON.stringify(what) + "\\n");
    export async function onError({ error, ...rest }) {
      const { name, message, stack, ...more } = error;
      note({ ...rest, error: { name, message, ...more, isError: error instanceof Error, stack } });
      ${then}
    }
    export const close = () => note({ closed: true });`,
  );
  const told = () => (existsSync(notes) ? readFileSync(notes, "utf8").trim().split("\n") : []);
  return { path, told: () => told().map((line) => JSON.parse(line)) };
}

let tenantId: string;
let broken: string;

beforeAll(async () => {
  ({ id: tenantId } = await newTenant());
  broken = `broken_${tenantId.replaceAll("-", "")}`;
  await owner().unsafe(`
    create function ${broken}() returns trigger language plpgsql as
      $$ begin raise exception 'unexpected' using errcode = 'XX000'; end $$;
    create trigger ${broken} before insert on users for each row
      when (new.tenant_id = '${tenantId}' and new.email like 'broken%') execute function ${broken}()`);
});
afterAll(async () => {
  await owner().unsafe(`drop function ${broken} cascade`);
  rmSync(folder, { recursive: true });
});

/** Sends what fails for a reason that nobody expects, and what is refused. @returns the statuses */
async function ask({ url }: OwnOrigin): Promise<number[]> {
  const send = originClient(tenantId, url);
  const scopes = scopesOf(contract);
  const headers = { "x-request-id": "request-failed", traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };
  const user = (email: string) => ({ email, role: "viewer", password: SECRET });
  const failed = await send("/v1/users", {
    method: "POST",
    scopes,
    headers,
    body: user("broken@people.example"),
  });
  const refused = [
    await send("/v1/users", { method: "POST", scopes, body: user("no address") }),
    await send("/v1/users", { method: "POST", scopes, body: `{"password":"${SECRET}"` }),
    await send("/v1/users/0190a7c0-0000-7000-8000-000000000001", { scopes }),
    await send("/v1/users", { scopes: [] }),
    await send("/v1/nothing", { scopes }),
    await send("/v1/users", { claims: null }),
  ];
  return [failed, ...refused].map(({ status }) => status);
}

const STATUSES = [500, 400, 400, 404, 403, 404, 401];

test("the error hook is told once of a 500, with ids and the error, and never of a 4xx or of a secret", async () => {
  const { path, told } = hook("tracker");
  const origin = await startOwnOrigin({ ERROR_HOOK: path });
  expect(await ask(origin)).toEqual(STATUSES);
  await origin.stop();
  expect(told()).toEqual([
    {
      requestId: "request-failed",
      traceId: TRACE,
      operation: "createUser",
      method: "POST",
      status: 500,
      error: {
        name: "PostgresError",
        message: "unexpected",
        code: "XX000",
        constraint: null,
        isError: true,
        stack: expect.stringContaining("unexpected"),
      },
    },
    { closed: true },
  ]);
  const all = JSON.stringify(told());
  for (const secret of [SECRET, "broken@people.example", "insert into"]) expect(all).not.toContain(secret);
});

test.each([
  ["throws", "throw new Error('the tracker is away');"],
  ["never ends", "await new Promise(() => undefined);"],
])("a hook that %s changes no answer, and does not hold up a stop", async (what, then) => {
  const { path, told } = hook(what.replace(" ", "-"), then);
  const origin = await startOwnOrigin({ ERROR_HOOK: path });
  expect(await ask(origin)).toEqual(STATUSES);
  expect(await origin.stop()).toEqual({ cut: 0 });
  expect(told()[0]).toMatchObject({ status: 500 });
});

test("a hook that throws is told of in the log", async () => {
  const { path } = hook("loud", "throw new Error('the tracker is away');");
  const origin = await startOwnOrigin({ ERROR_HOOK: path });
  await ask(origin);
  await origin.stop();
  const warnings = origin.lines().filter(({ msg }) => msg === "the error hook failed");
  expect(warnings).toMatchObject([{ level: "warn", err: { message: "the tracker is away" } }]);
});

test("a hook that cannot be loaded, or is none, keeps an origin from starting and is named", async () => {
  const missing = join(folder, "missing.mjs");
  await expect(startOwnOrigin({ ERROR_HOOK: missing })).rejects.toThrow(`ERROR_HOOK names ${missing}`);
  const none = join(folder, "none.mjs");
  writeFileSync(none, "export const onErrors = 1;");
  await expect(startOwnOrigin({ ERROR_HOOK: none })).rejects.toThrow("does not export a function onError");
});
