/**
 * What tenants can have their own systems told of, one line each, and when. A closed table: a webhook
 * asks for types of it, and whoever records an event names one.
 */
export const eventTypes = {
  "order.placed": "An order was placed, and its stock is reserved",
  "order.paid": "An order was paid",
  "order.fulfilled": "An order was fulfilled",
  "order.cancelled": "An order was cancelled, and its stock given back",
  "order.expired": "An order was not paid in time, and its stock given back",
  "price.changed": "A price with a validity was set, changed or withdrawn",
  "webhook.test": "A test was asked for",
} as const satisfies Readonly<Record<string, string>>;

export type EventType = keyof typeof eventTypes;
