import { randomUUID } from "node:crypto";
import { readScenario } from "#scripts/contract/files.ts";
import type { Step } from "#scripts/contract/recorded.ts";
import { contract } from "#shared/contract.ts";
import { type Contract, mediaTypeOf, type Route } from "#shared/route.ts";

/** What the scenario of the contract sends with a body, for tests that send the same in other ways. */

export type Sent = { readonly operationId: string; readonly route: Route; readonly step: Step };

const REFERENCE = /\{\{[^}]+\}\}/g;

/** The first step with a body of each operation that takes one. */
export function stepsWithBody(): Sent[] {
  const routes = new Map<string, Route>(Object.entries(contract as Contract));
  const found = new Map<string, Sent>();
  for (const step of readScenario()) {
    const { operationId } = step;
    const route = routes.get(operationId);
    if (route === undefined || step.body === undefined || found.has(operationId)) continue;
    found.set(operationId, { operationId, route, step });
  }
  return [...found.values()];
}

/** A step's text, with an id that names nothing wherever it refers to an answer. */
export function unreferred(text: string): string {
  return text.replace(REFERENCE, () => randomUUID());
}

/** The headers that a request to a route with a body needs. */
export function headersFor({ request, idempotency }: Route): Record<string, string> {
  const { body } = request;
  return {
    ...(body.kind !== "none" && { "content-type": mediaTypeOf(body) }),
    ...("if-match" in request.headers.properties && { "if-match": "*" }),
    ...(idempotency.kind === "key" && { "idempotency-key": randomUUID() }),
  };
}
