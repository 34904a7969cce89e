import Type from "typebox";
import { defineRoute } from "../route.ts";
import { clientRate, Id, ifMatch, json, nothing, tenantCache } from "./common.ts";
import { Reservation, ReservationCreate } from "./stock-schemas.ts";

const params = Type.Object({ reservationId: Id }, { additionalProperties: false });
const read = { kind: "token", scopes: ["catalog:read"] } as const;
const write = { kind: "token", scopes: ["catalog:write"] } as const;

export const reservations = {
  getReservation: defineRoute({
    method: "GET",
    path: "/v1/reservations/:reservationId",
    tag: "Stock",
    summary: "Read one reservation",
    servedBy: "origin",
    access: read,
    rate: clientRate,
    cache: tenantCache({ kind: "item", collection: "reservations", param: "reservationId" }),
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, params },
    responses: { 200: { description: "The reservation", schema: Reservation, headers: ["etag"] } },
    problems: ["not-found"],
  }),

  createReservation: defineRoute({
    method: "POST",
    path: "/v1/reservations",
    tag: "Stock",
    summary: "Set stock aside for a while",
    servedBy: "origin",
    access: write,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "key", required: false },
    budgetMs: 10_000,
    request: { ...nothing, body: json(ReservationCreate, 16_384) },
    responses: { 201: { description: "Reserved", schema: Reservation, headers: ["etag", "location"] } },
    problems: ["conflict", "unprocessable"],
  }),

  releaseReservation: defineRoute({
    method: "DELETE",
    path: "/v1/reservations/:reservationId",
    tag: "Stock",
    summary: "Give the stock back; doing it again is the same as once",
    servedBy: "origin",
    access: write,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 10_000,
    request: { ...nothing, params, headers: ifMatch },
    responses: { 204: { description: "Released", schema: null, headers: [] } },
    problems: ["not-found", "conflict", "precondition-failed"],
  }),
};
