import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { parseQuery } from "#shared/coerce.ts";
import { matchesETag } from "#shared/entity-tags.ts";
import { cutDown, isSparse } from "#shared/fields.ts";
import { formatFreshFor } from "#shared/fresh-for.ts";
import { headers as names } from "#shared/headers.ts";
import { readIdempotencyKey } from "#shared/idempotency-key.ts";
import { Problem, type Violation } from "#shared/problems.ts";
import type { Contract, Route } from "#shared/route.ts";
import { compileRoute, type HeaderReader, type RouteValidators } from "#shared/validate.ts";
import type { CallContext, Caller } from "./call.ts";
import { callerOf } from "./caller.ts";
import { doing, type Priority } from "./db/work.ts";
import type { AccountGuards } from "./plugins/account-limit.ts";
import { lineSchemas, responseSchemas } from "./response-schemas.ts";
import { type Batches, sendLines } from "./send-lines.ts";
import type { Door } from "./shedding/door.ts";
import { priorityOf } from "./work-of.ts";

/** A handler whose input type is no longer known; `HandlersOf` has checked it. */
type ErasedHandler = (call: never) => Promise<ErasedReply>;
type ErasedReply = {
  readonly status: number | string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly freshUntil?: Date;
};

/** What is left to hand over once the headers of a request have been looked at. */
type Admitted = CallContext & {
  readonly caller: Caller | null;
  readonly priority: Priority;
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: unknown;
};

declare module "fastify" {
  interface FastifyRequest {
    admitted: Admitted | null;
  }
  interface FastifyContextConfig {
    operationId?: string;
    isDeprecated?: boolean;
    /** In whose terms a request is refused. */
    refusals?: "rfc6749";
  }
}

type Tools = {
  readonly guards: AccountGuards;
  readonly door: Door;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/** Adds every route of the contract that the origin serves, with its handler of the same name. */
export function registerContract(
  app: FastifyInstance,
  contract: Contract,
  handlers: Readonly<Record<string, ErasedHandler>>,
  tools: Tools,
): void {
  app.decorateRequest("admitted", null);
  for (const [operationId, route] of Object.entries(contract)) {
    if (route.servedBy !== "origin") continue;
    const handler = handlers[operationId];
    if (handler === undefined) throw new Error(`There is no handler for ${operationId}.`);
    registerRoute(app, operationId, route, handler, tools);
  }
}

function registerRoute(
  app: FastifyInstance,
  operationId: string,
  route: Route,
  handler: ErasedHandler,
  { guards, door, now }: Tools,
): void {
  const validators = compileRoute(route);
  const readParts = partsReader(validators);
  const guard = guards.get(operationId);
  const priorityBy = priorityOf(route);
  const lines = lineSchemas(route);
  const cut = isSparse(route) ? cutDown : whole;
  const { body } = route.request;
  /** The body is there as a whole before the handler is; lines come while it works. */
  const isReadAhead = body.kind === "json" || body.kind === "form";
  // An empty form has no parameters; nothing else can be read of an empty body.
  const empty = body.kind === "form" ? {} : undefined;

  app.route({
    method: route.method,
    url: route.path,
    exposeHeadRoute: false,
    config: {
      operationId,
      isDeprecated: route.deprecation !== undefined,
      ...(body.kind === "form" && { refusals: body.refusals }),
    },
    schema: { response: responseSchemas(route) },
    ...(body.kind === "none" ? {} : { bodyLimit: body.maxBytes }),
    ...(guard && { preHandler: guard }),
    // Before the body is read: what the headers alone already refuse costs no reading.
    onRequest: function admit(request, reply, done) {
      const caller = callerOf(route, request.claims);
      const priority = priorityBy(request.headers["if-none-match"]);
      const parts = readParts(request);
      validators.bodyHeaders(headerReader(request));
      request.admitted = {
        ...parts,
        caller,
        priority,
        requestId: request.id,
        target: `${route.method} ${request.url}`,
        idempotencyKey: readIdempotencyKey(route.idempotency, request.headers[names.idempotencyKey]),
      };
      const tenantId = caller?.tenantId ?? null;
      if (!isReadAhead) return door.enter(priority, tenantId, reply.raw, done);
      door.look(priority, tenantId);
      done();
    },
    ...(isReadAhead && { preValidation: enter }),
    handler: function work(request: FastifyRequest, reply: FastifyReply) {
      const { admitted, lifetime } = request;
      if (admitted === null || lifetime === null) throw new Problem("invalid-token");
      const { priority, caller } = admitted;
      const { signal, remainingMs } = lifetime;
      const tenantId = caller?.tenantId ?? null;
      return doing({ priority, tenantId, signal, remainingMs, trace: request.trace }, () =>
        answer(request, reply),
      );
    },
  });

  function enter({ admitted }: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) {
    if (admitted === null) throw new Problem("invalid-token");
    door.enter(admitted.priority, admitted.caller?.tenantId ?? null, reply.raw, done);
  }

  async function answer(request: FastifyRequest, reply: FastifyReply) {
    const body = request.body ?? empty;
    const errors = validators.body(body);
    if (errors.length > 0) throw new Problem("invalid-request", { errors });
    // The body's type is the route's: the check above has just established it.
    const result = await handler({ ...request.admitted, body } as never);
    reply.code(Number(result.status));
    if (result.headers !== undefined) reply.headers(result.headers);
    if (result.freshUntil !== undefined) {
      reply.header(names.freshFor, formatFreshFor(result.freshUntil, now()));
    }
    const line = lines[result.status];
    // The handler's type says that it is one of these.
    if (line !== undefined) return sendLines(reply, result.body as Batches, line);
    if (isNotModified(request, result)) return reply.code(304).send();
    return reply.send(cut(result.body, request.admitted?.query));
  }
}

function whole(body: unknown): unknown {
  return body;
}

/** Whether the edge has this very answer (RFC 9110 §13.1.2): then it is not written out again. */
function isNotModified({ method, headers }: FastifyRequest, { status, headers: own }: ErasedReply): boolean {
  const ifNoneMatch = headers["if-none-match"] ?? null;
  return method === "GET" && status === 200 && matchesETag(ifNoneMatch, own?.["etag"] ?? null);
}

/** Reads and validates path, query and declared headers. Throws the problem with every violation. */
function partsReader(validators: RouteValidators) {
  const noQuery = validators.query([]);
  return function readParts(request: FastifyRequest) {
    const mark = request.url.indexOf("?");
    const params = validators.params(Object.entries(request.params as Record<string, string>));
    const query = mark === -1 ? noQuery : validators.query(parseQuery(request.url.slice(mark + 1)));
    const given = validators.headers(headerReader(request));
    if (params.violations.length + query.violations.length + given.violations.length > 0) {
      const errors: Violation[] = [...params.violations, ...query.violations, ...given.violations];
      throw new Problem("invalid-request", { errors });
    }
    return { params: params.values, query: query.values, headers: given.values };
  };
}

function headerReader({ headers }: FastifyRequest): HeaderReader {
  return {
    get(name: string): string | null {
      const value = headers[name];
      return typeof value === "string" ? value : null;
    },
  };
}
