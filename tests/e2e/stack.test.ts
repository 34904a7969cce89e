import { expect, test } from "vitest";
import { createClient } from "#shared/client.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";

test("the shared stack answers through both tiers", async () => {
  const { edgeUrl, opsUrl } = stack();
  const tenant = await newTenant();
  const client = createClient({ baseUrl: edgeUrl, token: await mintToken({ tenantId: tenant.id }) });
  const me = await client.getMe();
  expect(me.body).toMatchObject({ tenantId: tenant.id, subject: "user-1" });
  expect((await client.getHealth()).body).toEqual({
    status: "ok",
    checks: { origin: true, redis: true, keys: true, quotas: true, versions: true },
    origins: [{ breaker: "closed" }],
  });
  expect((await fetch(`${opsUrl}/ready`)).status).toBe(200);
});
