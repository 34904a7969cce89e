import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { createClient } from "#shared/client.ts";
import { contract, scopesOf } from "#shared/contract.ts";
import type { Contract } from "#shared/route.ts";
import { makeSamples, type Samples, sampledPath } from "#tests/support/samples.ts";
import { headersFor, stepsWithBody } from "#tests/support/scenario.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";

/**
 * Ids of another tenant, in every place where the contract takes one: in the path of writes with a body
 * (the rest is in isolation.test.ts), in a body, in a query. They mean what an id means that nobody has.
 */

let token: string;
let theirs: Samples;
beforeAll(async () => {
  const [ours, others] = [await newTenant(), await newTenant()];
  const tokenOf = (tenantId: string) => mintToken({ tenantId, scopes: scopesOf(contract) });
  token = await tokenOf(ours.id);
  const client = createClient({ baseUrl: stack().edgeUrl, token: await tokenOf(others.id) });
  theirs = await makeSamples(client, "theirs");
});

async function send(method: string, path: string, headers = {}, body: string | null = null) {
  const all = { authorization: `Bearer ${token}`, ...headers };
  const answer = await fetch(stack().edgeUrl + path, { method, headers: all, body });
  const text = await answer.text();
  return { status: answer.status, json: text && JSON.parse(text) };
}

const bodies = stepsWithBody().map((sent) => [sent.operationId, sent] as const);
const textOf = (body: unknown) => (typeof body === "string" ? body : JSON.stringify(body));

const inPaths = bodies.filter(([, { route }]) => route.path.includes(":"));

it.each(inPaths)("%s answers 404 to an id of another tenant in its path", async (_, { route, step }) => {
  const path = sampledPath(route, theirs, () => randomUUID());
  const answer = await send(step.method, path, headersFor(route), textOf(step.body));
  expect(answer).toMatchObject({ status: 404, json: { code: "not-found" } });
});

/** The members of bodies that hold ids, and what they name. */
const MEMBERS: Readonly<Record<string, string>> = {
  productId: "productId",
  categoryId: "categoryId",
  parentId: "categoryId",
};
const REFERRED = /("(\w+)":)"\{\{[^}]+\}\}"/g;

const inBodies = bodies.filter(([, { step, route }]) =>
  [...JSON.stringify(step.body).matchAll(REFERRED)].some(
    ([, , member = ""]) => member in MEMBERS && !route.path.includes(":"),
  ),
);

describe("a body", () => {
  it.each(inBodies)(
    "of %s with another tenant's id is refused as one with nobody's",
    async (_, { route, step }) => {
      const filled = (idOf: (member: string) => string) =>
        JSON.stringify(step.body).replace(REFERRED, (_, name, member) => `${name}"${idOf(member)}"`);
      const foreign = filled((member) => theirs[MEMBERS[member] ?? ""] ?? randomUUID());
      const nobodys = filled(() => randomUUID());
      const [answer, expected] = [
        await send(step.method, step.path, headersFor(route), foreign),
        await send(step.method, step.path, headersFor(route), nobodys),
      ];
      expect([404, 422]).toContain(answer.status);
      expect({ ...answer.json, requestId: "" }).toEqual({ ...expected.json, requestId: "" });
    },
  );
});

const UUID_IN_PATTERN = "[0-9a-f]{8}-";
const NAMES: Readonly<Record<string, string>> = {
  ids: "productId",
  within: "categoryId",
  parentId: "categoryId",
};

const inQueries = Object.entries(contract as Contract).flatMap(([operationId, { method, path, request }]) => {
  if (method !== "GET" || path.includes(":")) return [];
  return Object.entries(request.query.properties)
    .filter(([, schema]) => JSON.stringify(schema).includes(UUID_IN_PATTERN))
    .map(([name]) => [operationId, name, path] as const);
});

it.each(inQueries)("%s finds nothing by another tenant's %s", async (_, name, path) => {
  const id = theirs[NAMES[name] ?? name] ?? "";
  expect(id).not.toBe("");
  expect(await send("GET", `${path}?${name}=${id}`)).toMatchObject({ status: 200, json: { data: [] } });
});

it("are looked for in every place that takes any", () => {
  expect(inPaths.map(([operationId]) => operationId)).toEqual(
    expect.arrayContaining([
      "updateProduct",
      "setStockLevel",
      "sendImportPart",
      "completeImport",
      "updateWebhook",
    ]),
  );
  expect(inBodies.map(([operationId]) => operationId)).toEqual(
    expect.arrayContaining(["createPrice", "createPrices", "createReservation", "createOrder"]),
  );
  expect(inQueries.map(([operationId, name]) => `${operationId} ${name}`)).toEqual(
    expect.arrayContaining(["listProducts within", "listPrices productId", "listStockMovements productId"]),
  );
});
