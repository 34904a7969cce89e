import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { decodeJwt } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { makeClient } from "#tests/support/make-client.ts";
import { newOffice, type Office } from "#tests/support/people.ts";
import { owner, stack } from "#tests/support/stack.ts";

const run = promisify(execFile);

describe("a client's plan", () => {
  let office: Office;
  let client: { readonly id: string; readonly secret: string };

  beforeAll(async () => {
    office = await newOffice(["clients:admin"]);
    client = await makeClient(owner(), office.tenantId);
  });

  const command = (...args: string[]) =>
    run(process.execPath, ["scripts/client.ts", ...args, "--tenant", office.slug], {
      env: { ...process.env, DATABASE_URL: stack().ownerUrl },
    });

  async function planInToken(): Promise<unknown> {
    const answer = await fetch(`${stack().edgeUrl}/v1/oauth/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: client.id,
        client_secret: client.secret,
      }),
    });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    return decodeJwt(token)["plan"];
  }

  test("is in the tokens that it is given after an operator chose it", async () => {
    expect(await planInToken()).toBeUndefined();
    const { stdout } = await command("plan", "--id", client.id, "--plan", "scale");
    expect(stdout).toContain("scale");
    expect(await planInToken()).toBe("scale");
    expect((await office.send(`/v1/clients/${client.id}`)).json).toMatchObject({ plan: "scale", version: 2 });
    await command("plan", "--id", client.id);
    expect(await planInToken()).toBeUndefined();
  });

  test("is remarked upon when the edge knows none of that name", async () => {
    const { stdout } = await command("plan", "--id", client.id, "--plan", "skale");
    expect(stdout).toContain("There is no plan skale in edge/limit/plans.ts");
    expect((await command("plan", "--id", client.id)).stdout).not.toContain("There is no plan");
  });

  test("is none that a tenant could give itself", async () => {
    const body = { name: "Till", scopes: ["clients:admin"], plan: "scale" };
    expect((await office.send("/v1/clients", { method: "POST", body })).status).toBe(400);
    const headers = { "content-type": "application/merge-patch+json" };
    const change = { method: "PATCH", headers, body: { plan: "scale" } } as const;
    expect((await office.send(`/v1/clients/${client.id}`, change)).status).toBe(400);
  });

  test("has a name that fits into a header", async () => {
    await expect(command("plan", "--id", client.id, "--plan", 'a"b')).rejects.toThrow("--plan takes a name");
    const hostile = owner()`update api_clients set plan = 'a"b' where client_id = ${client.id}`;
    await expect(hostile).rejects.toThrow("api_clients_plan_name");
  });
});
