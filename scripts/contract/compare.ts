import type { Json, JsonObject } from "#shared/openapi-components.ts";
import { checkAccepts } from "./accepts.ts";
import { missingParts } from "./missing.ts";
import { type Document, isObject, list, members, resolve } from "./node.ts";

/** What a client of the released contract would notice: the changes that break it. Pure. */

const METHODS = ["get", "post", "put", "patch", "delete"];

type Report = (what: string) => void;
type Pair = { readonly released: JsonObject; readonly current: JsonObject };
type Documents = { readonly released: Document; readonly current: Document };

/**
 * Compares two documents of OpenAPI 3.1.
 * @returns one line for each breaking change: `GET /v1/products: request query/sort: "name" is not taken`
 */
export function breakingChanges(released: Document, current: Document): string[] {
  const found = new Set<string>();
  for (const [path, item] of members(released["paths"])) {
    for (const [method, operation] of members(item)) {
      if (!METHODS.includes(method) || !isObject(operation)) continue;
      const report: Report = (what) => found.add(`${method.toUpperCase()} ${path}: ${what}`);
      const now = resolve(current, resolve(current, current["paths"])[path])[method];
      if (!isObject(now)) report("is gone");
      else compareOperations({ released, current }, { released: operation, current: now }, report);
    }
  }
  const scopes = scopesOf(current);
  for (const scope of scopesOf(released)) {
    if (!scopes.includes(scope)) found.add(`scope ${scope}: is gone`);
  }
  return [...found];
}

function scopesOf(document: Document): string[] {
  const schemes = members(resolve(document, document["components"])["securitySchemes"]);
  return schemes.flatMap(([, scheme]) =>
    members(resolve(document, scheme)["flows"]).flatMap(([, flow]) =>
      members(resolve(document, flow)["scopes"]).map(([scope]) => scope),
    ),
  );
}

function compareOperations(documents: Documents, pair: Pair, report: Report): void {
  const { released, current } = pair;
  if (released["operationId"] !== current["operationId"])
    report(`is another method of clients, ${current["operationId"]}`);
  compareScopes(pair, report);
  compareParameters(documents, pair, report);
  compareBodies(documents, pair, report);
  compareAnswers(documents, pair, report);
  if (isKeyRequired(current) && !isKeyRequired(released)) report("needs an Idempotency-Key");
}

function isKeyRequired(operation: JsonObject): boolean {
  const policy = operation["x-gatehouse-idempotency"];
  return isObject(policy) && policy["required"] === true;
}

/** Of the ways in, every one that there was has to be enough. */
function compareScopes({ released, current }: Pair, report: Report): void {
  const ways = list(current["security"]);
  if (ways.length === 0) return;
  const before = list(released["security"]);
  for (const way of before.length === 0 ? [{}] : before) {
    const isEnough = ways.some((now) =>
      members(now).every(([scheme, needed]) => {
        const had = isObject(way) ? way[scheme] : undefined;
        return had !== undefined && list(needed).every((scope) => list(had).includes(scope));
      }),
    );
    if (!isEnough) report(`needs other scopes: ${JSON.stringify(ways)}`);
  }
}

function compareParameters(documents: Documents, pair: Pair, report: Report): void {
  const before = parametersOf(documents.released, pair.released);
  const now = parametersOf(documents.current, pair.current);
  for (const [place, parameter] of before) {
    const its = now.get(place);
    if (its === undefined) {
      report(`request ${place}: is gone`);
      continue;
    }
    if (its["required"] === true && parameter["required"] !== true) report(`request ${place}: is required`);
    const [schema, itsSchema] = [parameter["schema"], its["schema"]];
    compareInput(documents, schema, itsSchema, place, report);
    const [value, itsValue] = [schema, itsSchema].map((one) => (isObject(one) ? one["default"] : undefined));
    if (JSON.stringify(value) !== JSON.stringify(itsValue)) report(`request ${place}: has another default`);
  }
  for (const [place, { required }] of now) {
    if (required === true && !before.has(place)) report(`request ${place}: is required`);
  }
}

function parametersOf(document: Document, operation: JsonObject): ReadonlyMap<string, JsonObject> {
  const all = list(operation["parameters"]).map((parameter) => resolve(document, parameter));
  return new Map(all.map((parameter) => [`${parameter["in"]}/${parameter["name"]}`, parameter]));
}

function compareBodies(documents: Documents, { released, current }: Pair, report: Report): void {
  const [before, now] = [released["requestBody"], current["requestBody"]];
  if (before === undefined) {
    if (isObject(now) && now["required"] === true) report("request body: is required");
    return;
  }
  const taken = new Map(members(resolve(documents.current, now)["content"]));
  for (const [mediaType, content] of members(resolve(documents.released, before)["content"])) {
    const its = taken.get(mediaType);
    if (its === undefined) report(`request body: ${mediaType} is not taken`);
    else compareInput(documents, schemaOf(content), schemaOf(its), "body", report);
  }
}

function compareInput(
  { released, current }: Documents,
  before: Json | undefined,
  now: Json | undefined,
  place: string,
  report: Report,
): void {
  checkAccepts({ document: released, schema: before }, { document: current, schema: now }, place, {
    isOpen: false,
    report: (where, what) => report(`request ${where}: ${what}`),
  });
}

/** Refusals are not compared: which of them a request may meet is open, and `code` tells them apart. */
function compareAnswers(documents: Documents, { released, current }: Pair, report: Report): void {
  const now = new Map(members(current["responses"]));
  const isOwn = ([status]: readonly [string, Json]) => Number(status) < 400;
  for (const [status, answer] of members(released["responses"]).filter(isOwn)) {
    const its = now.get(status);
    if (!isObject(its) || !isObject(answer)) {
      report(`answer ${status}: is gone`);
      continue;
    }
    for (const [name] of members(answer["headers"])) {
      if (!members(its["headers"]).some(([other]) => other === name))
        report(`answer ${status} header ${name}: is gone`);
    }
    compareContents(documents, { released: answer, current: its }, `${status}`, report);
  }
  const before = members(released["responses"]).map(([status]) => status);
  for (const [status] of [...now].filter(isOwn)) {
    if (!before.includes(status)) report(`answer ${status}: is new`);
  }
}

function compareContents(documents: Documents, pair: Pair, status: string, report: Report): void {
  const now = new Map(members(pair.current["content"]));
  for (const [mediaType, content] of members(pair.released["content"])) {
    const its = now.get(mediaType);
    if (its === undefined) {
      report(`answer ${status}: is not ${mediaType} any more`);
      continue;
    }
    const before = { document: documents.released, schema: schemaOf(content) };
    const after = { document: documents.current, schema: schemaOf(its) };
    // What is answered now has to be what was promised...
    checkAccepts(after, before, "", {
      isOpen: true,
      report: (where, what) => report(`answer ${status} ${where}: ${what} by clients of before`),
    });
    // ... and all that was promised has to be there.
    for (const place of missingParts(before, after)) report(`answer ${status} ${place}: is gone`);
  }
}

function schemaOf(content: Json): Json | undefined {
  return isObject(content) ? content["schema"] : undefined;
}
