import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { describeGuards } from "#tests/support/guards.ts";
import { originClient, type Send } from "#tests/support/origin.ts";
import { newTenant } from "#tests/support/stack.ts";

let send: Send;
let stranger: Send;
beforeAll(async () => {
  send = originClient((await newTenant()).id);
  stranger = originClient((await newTenant()).id);
});

function create(body: object = {}, headers: Record<string, string> = {}, by = send) {
  return by("/v1/categories", { method: "POST", body: { name: randomUUID(), ...body }, headers });
}

async function names(path: string, by = send): Promise<string[]> {
  return (await by(path)).json.data.map(({ name }: { name: string }) => name);
}

describe("listCategories", () => {
  test("answers 200 with the newest first, by parent too, page by page", async () => {
    const parentId = (await create()).json.id;
    for (const name of ["one", "two", "three"]) await create({ name, parentId });
    const path = `/v1/categories?parentId=${parentId}&pageSize=2`;
    const { status, json } = await send(path);
    expect(status).toBe(200);
    expect(json.meta.pageSize).toBe(2);
    expect(json.data.map(({ name }: { name: string }) => name)).toEqual(["three", "two"]);
    expect(await names(`${path}&cursor=${json.meta.nextCursor}`)).toEqual(["one"]);
    expect((await names("/v1/categories")).slice(0, 3)).toEqual(["three", "two", "one"]);
  });

  test("shows nothing to another tenant, not even below a parent that it can name", async () => {
    const parentId = (await create()).json.id;
    await create({ parentId });
    expect(await names("/v1/categories", originClient((await newTenant()).id))).toEqual([]);
    expect(await names(`/v1/categories?parentId=${parentId}`, stranger)).toEqual([]);
  });

  test("answers 400 to a parent that is no UUID, and to a cursor of another parent", async () => {
    const parentId = (await create()).json.id;
    for (const name of ["one", "two"]) await create({ name, parentId });
    const { json } = await send(`/v1/categories?parentId=${parentId}&pageSize=1`);
    const malformed = await send("/v1/categories?parentId=12");
    expect(malformed).toMatchObject({
      status: 400,
      json: { errors: [{ in: "query", pointer: "/parentId" }] },
    });
    const elsewhere = await send(`/v1/categories?cursor=${json.meta.nextCursor}`);
    expect(elsewhere).toMatchObject({ status: 400, json: { errors: [{ pointer: "/cursor" }] } });
  });
});

describe("getCategory", () => {
  test("answers 200 with the category as it was created", async () => {
    const { json: created } = await create({ parentId: (await create()).json.id });
    const { status, headers, json } = await send(`/v1/categories/${created.id}`);
    expect(status).toBe(200);
    expect(headers.get("etag")).toBe('"1"');
    expect(json).toEqual(created);
  });

  test("answers 400 when the id is not a UUID", async () => {
    const { status, json } = await send("/v1/categories/12");
    expect(status).toBe(400);
    expect(json.errors[0]).toMatchObject({ in: "path", pointer: "/categoryId", rule: "pattern" });
  });

  test("answers 404 when there is no such category, and to another tenant the same", async () => {
    const { json } = await create();
    const unknown = await send(`/v1/categories/${randomUUID()}`);
    const foreign = await stranger(`/v1/categories/${json.id}`);
    expect(unknown).toMatchObject({ status: 404, json: { code: "not-found" } });
    expect({ ...foreign.json, requestId: "" }).toEqual({ ...unknown.json, requestId: "" });
  });
});

describe("createCategory", () => {
  test("answers 201 with a root or a child, an ETag, a Location and its place in the commit order", async () => {
    const root = await create({ name: "Desk" });
    expect(root).toMatchObject({ status: 201, json: { name: "Desk", parentId: null, version: 1 } });
    expect(root.json.createdAt).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
    expect(root.headers.get("etag")).toBe('"1"');
    expect(root.headers.get("location")).toBe(`/v1/categories/${root.json.id}`);
    expect(root.headers.get("gatehouse-consistency")).toMatch(/^\d+$/);
    const child = await create({ parentId: root.json.id });
    expect(child).toMatchObject({ status: 201, json: { parentId: root.json.id } });
  });

  test("answers 201 again to a repetition with the same Idempotency-Key, and creates once", async () => {
    const body = { name: "Once", parentId: (await create()).json.id };
    const key = { "idempotency-key": "once" };
    const [first, again] = [await create(body, key), await create(body, key)];
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.text).toBe(first.text);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await names(`/v1/categories?parentId=${body.parentId}`)).toEqual(["Once"]);
  });

  test("answers 400 that names every field and rule", async () => {
    const { status, json } = await create({ name: "", parentId: "12", colour: 1 });
    expect(status).toBe(400);
    const places = json.errors.map(({ pointer, rule }: Record<string, string>) => `${pointer} ${rule}`);
    expect(places).toEqual(
      expect.arrayContaining(["/name minLength", "/parentId pattern", "/colour additionalProperties"]),
    );
  });

  test("answers 409 when a sibling has the name, roots included", async () => {
    const parentId = (await create()).json.id;
    expect((await create({ name: "Twin" })).status).toBe(201);
    expect(await create({ name: "Twin", parentId: null })).toMatchObject({
      status: 409,
      json: { code: "conflict", detail: "a category of this name has the same parent" },
    });
    expect((await create({ name: "Twin", parentId })).status).toBe(201);
    expect((await create({ name: "Twin" }, {}, stranger)).status).toBe(201);
  });

  test("answers 413 to a body over the limit", async () => {
    const { status, json } = await create({ name: "y".repeat(20_000) });
    expect(status).toBe(413);
    expect(json).toMatchObject({ code: "payload-too-large", detail: "the limit is 16384 bytes" });
  });

  test("answers 415 to another media type", async () => {
    expect((await create({}, { "content-type": "text/csv" })).status).toBe(415);
  });

  test("answers 422 when the parent does not exist, and when it is another tenant's the same", async () => {
    const unknown = await create({ parentId: randomUUID() });
    const foreign = await create({ parentId: (await create({}, {}, stranger)).json.id });
    expect(unknown).toMatchObject({
      status: 422,
      json: { errors: [{ in: "body", pointer: "/parentId", rule: "exists" }] },
    });
    expect(foreign.status).toBe(422);
    expect({ ...foreign.json, requestId: "" }).toEqual({ ...unknown.json, requestId: "" });
  });

  test("answers 422 when the Idempotency-Key was used for another category", async () => {
    const key = { "idempotency-key": "another" };
    await create({}, key);
    expect(await create({}, key)).toMatchObject({ status: 422, json: { code: "idempotency-key-reused" } });
  });
});

/** A chain of categories, each below the one before it. @returns their ids from the top */
async function chain(length: number): Promise<string[]> {
  const ids: string[] = [];
  for (let level = 0; level < length; level++)
    ids.push((await create(level === 0 ? {} : { parentId: ids[level - 1] })).json.id);
  return ids;
}

test("no category comes deeper than an exported path can say, made there or moved there with all below it", async () => {
  const deepest = await chain(100);
  const tooDeep = { status: 422, json: { errors: [{ pointer: "/parentId", rule: "depth" }] } };
  expect(await create({ parentId: deepest[99] })).toMatchObject(tooDeep);
  expect((await create({ parentId: deepest[98] })).status).toBe(201);

  const [root = "", ...below] = await chain(3);
  expect(await patch(root, { parentId: deepest[97] })).toMatchObject(tooDeep);
  expect((await patch(root, { parentId: deepest[96] })).status).toBe(200);
  expect(await create({ parentId: below.at(-1) })).toMatchObject(tooDeep);
});

function patch(id: string, body: object, ifMatch: string | null = "*", by = send) {
  const headers = { "content-type": "application/merge-patch+json", ...(ifMatch && { "if-match": ifMatch }) };
  return by(`/v1/categories/${id}`, { method: "PATCH", headers, body: JSON.stringify(body) });
}

describe("updateCategory", () => {
  test("answers 200 to a new name and to another parent, and lists it there from then on", async () => {
    const [from, to] = [(await create()).json.id, (await create()).json.id];
    const { json: made } = await create({ name: "Old", parentId: from });
    const renamed = await patch(made.id, { name: "New" }, '"1"');
    expect(renamed).toMatchObject({ status: 200, json: { name: "New", parentId: from, version: 2 } });
    expect(renamed.headers.get("etag")).toBe('"2"');
    expect(await patch(made.id, { parentId: to }, '"2"')).toMatchObject({
      status: 200,
      json: { parentId: to },
    });
    expect(await names(`/v1/categories?parentId=${from}`)).toEqual([]);
    expect(await names(`/v1/categories?parentId=${to}`)).toEqual(["New"]);
    expect(await patch(made.id, { parentId: null })).toMatchObject({ status: 200, json: { parentId: null } });
  });

  test("answers 422 to a parent that is the category, below it, or not there", async () => {
    const top = (await create()).json.id;
    const middle = (await create({ parentId: top })).json.id;
    const bottom = (await create({ parentId: middle })).json.id;
    for (const [parentId, rule] of [
      [top, "acyclic"],
      [middle, "acyclic"],
      [bottom, "acyclic"],
      [randomUUID(), "exists"],
      [(await create({}, {}, stranger)).json.id, "exists"],
    ]) {
      const answer = await patch(top, { parentId });
      expect(answer).toMatchObject({ status: 422, json: { errors: [{ pointer: "/parentId", rule }] } });
    }
    expect((await send(`/v1/categories/${top}`)).json.version).toBe(1);
  });

  test("lets no two moves at once make a cycle", async () => {
    for (let round = 0; round < 5; round++) {
      const ring = await Promise.all(Array.from({ length: 6 }, async () => (await create()).json.id));
      const moves = await Promise.all(
        ring.map((id, at) => patch(id, { parentId: ring[(at + 1) % ring.length] })),
      );
      expect(moves.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 200, 422]);
    }
  });

  test("answers 409 when a sibling at the new place has the name", async () => {
    const parentId = (await create()).json.id;
    await create({ name: "Taken", parentId });
    const { json } = await create({ name: "Taken", parentId: (await create()).json.id });
    expect(await patch(json.id, { parentId })).toMatchObject({ status: 409, json: { code: "conflict" } });
  });

  test("answers 412 to a version that has passed, and 428 without one", async () => {
    const { json } = await create();
    expect((await patch(json.id, { name: "x" }, '"7"')).status).toBe(412);
    expect((await patch(json.id, { name: "x" }, null)).status).toBe(428);
  });

  test("lets one of 50 writers with the same version through", async () => {
    const { json } = await create();
    const writers = Array.from({ length: 50 }, (_, n) => patch(json.id, { name: `${json.id} ${n}` }, '"1"'));
    const statuses = (await Promise.all(writers)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 412)).toHaveLength(49);
    expect((await send(`/v1/categories/${json.id}`)).json.version).toBe(2);
  });

  test("answers 404 to an unknown category and to another tenant", async () => {
    const { json } = await create();
    expect((await patch(randomUUID(), { name: "x" })).status).toBe(404);
    expect((await patch(json.id, { name: "x" }, "*", stranger)).status).toBe(404);
  });
});

describe("deleteCategory", () => {
  const remove = (id: string, headers = {}, by = send) =>
    by(`/v1/categories/${id}`, { method: "DELETE", headers });

  test("answers 204 once it is empty, and 404 from then on", async () => {
    const { json } = await create();
    expect(await remove(json.id)).toMatchObject({ status: 204, text: "" });
    expect((await send(`/v1/categories/${json.id}`)).status).toBe(404);
    expect((await remove(json.id)).status).toBe(404);
  });

  test("answers 409 while there are categories or products in it; deleted products do not count", async () => {
    const { json: parent } = await create();
    const { json: child } = await create({ parentId: parent.id });
    expect((await remove(parent.id)).status).toBe(409);
    const product = { sku: randomUUID(), name: "x", categoryId: child.id };
    const { json } = await send("/v1/products", { method: "POST", body: product });
    expect(await remove(child.id)).toMatchObject({
      status: 409,
      json: { detail: "the category has products" },
    });
    await send(`/v1/products/${json.id}`, { method: "DELETE" });
    expect((await remove(child.id)).status).toBe(204);
    expect((await remove(parent.id)).status).toBe(204);
  });

  test("answers 412 to a version that has passed, and 404 to another tenant", async () => {
    const { json } = await create();
    expect((await remove(json.id, { "if-match": '"9"' })).status).toBe(412);
    expect((await remove(json.id, {}, stranger)).status).toBe(404);
  });
});

describeGuards({
  updateCategory: "catalog:write",
  deleteCategory: "catalog:write",
  listCategories: "catalog:read",
  getCategory: "catalog:read",
  createCategory: "catalog:write",
});
