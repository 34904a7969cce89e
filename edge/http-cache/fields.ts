/** Header fields as plain data, in order; names in lower case. */
export type Field = readonly [name: string, value: string];
export type Fields = readonly Field[];

/** How a request's header is looked up: null when it is absent, lines joined by ", ". */
export type Lookup = (name: string) => string | null;

/** Fields that belong to one connection and are never stored or sent on (RFC 9110 §7.6.1, RFC 9111 §3.1). */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** The value of a field, its lines joined as RFC 9110 §5.3 says; null when it is absent. */
export function fieldValue(fields: Fields, name: string): string | null {
  let value: string | null = null;
  for (const [candidate, line] of fields) {
    if (candidate === name) value = value === null ? line : `${value}, ${line}`;
  }
  return value;
}

export function withoutFields(fields: Fields, names: ReadonlySet<string>): Field[] {
  return fields.filter(([name]) => !names.has(name));
}

/** Without what concerns the connection only: the known fields, and those that `Connection` lists. */
export function endToEnd(fields: Fields): Field[] {
  const listed = listItems(fieldValue(fields, "connection"));
  if (listed.length === 0) return withoutFields(fields, HOP_BY_HOP);
  return withoutFields(fields, new Set([...HOP_BY_HOP, ...listed]));
}

/** The items of a simple comma-separated list, in lower case (RFC 9110 §5.6.1). */
export function listItems(value: string | null): string[] {
  if (value === null) return [];
  return value
    .toLowerCase()
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
