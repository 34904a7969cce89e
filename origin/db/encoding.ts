import { Column, is, Param, Placeholder, SQL } from "drizzle-orm";

/** Between values and what goes over the wire: worked out once for a statement that runs many times. */

/** What a query answers, in its order. */
export type Fields = Readonly<Record<string, Column | SQL.Aliased>>;

/** By the names of placeholders. */
export type Values = Readonly<Record<string, unknown>>;

/**
 * Makes a statement's parameters of the values of its placeholders. Drizzle's `fillPlaceholders` asks for
 * each execution anew what each parameter is; here that is done once.
 */
export function parameterEncoder(params: readonly unknown[]): (values: Values) => unknown[] {
  const encoders = params.map(encoderOf);
  return (values) => encoders.map((encode) => encode(values));
}

function encoderOf(param: unknown): (values: Values) => unknown {
  if (is(param, Placeholder)) return (values) => givenFor(values, param);
  if (!is(param, Param) || !is(param.value, Placeholder)) return () => param;
  const { value: placeholder, encoder } = param;
  return (values) => encoder.mapToDriverValue(givenFor(values, placeholder));
}

function givenFor(values: Values, { name }: Placeholder): unknown {
  if (!(name in values)) throw new Error(`there is no value for the placeholder ${name}`);
  return values[name];
}

/**
 * Makes objects of rows. Drizzle's own execution looks up for each value of each row what kind of field
 * it belongs to, which took a tenth of a read by id; here that is done once. Most columns take what the
 * driver says as it is, and are not asked.
 */
export function rowDecoder(fields: Fields): (row: readonly unknown[]) => Record<string, unknown> {
  const columns = Object.entries(fields).map(([name, field]) => ({ name, decode: decoderOf(name, field) }));
  // Copied for each row: an object that grows by one member after the other takes twice the room.
  const empty = Object.fromEntries(columns.map(({ name }) => [name, null]));
  return function decodeRow(row) {
    const decoded: Record<string, unknown> = { ...empty };
    let at = 0;
    for (const { name, decode } of columns) {
      const value = row[at++];
      decoded[name] = decode === null || value === null ? value : decode(value);
    }
    return decoded;
  };
}

/** Null: nothing is to be done. What the driver makes of an expression is taken as it is. */
function decoderOf(name: string, field: unknown): ((value: unknown) => unknown) | null {
  if (is(field, SQL.Aliased)) return null;
  if (!is(field, Column)) throw new Error(`${name} is neither a column nor a named expression`);
  if (field.mapFromDriverValue === Column.prototype.mapFromDriverValue) return null;
  const column = copyOf(field);
  return (value) => column.mapFromDriverValue(value);
}

/** Those of a subquery are proxies, which to ask for each value took half of the time. */
function copyOf(field: Column): Column {
  return Object.create(Object.getPrototypeOf(field), Object.getOwnPropertyDescriptors(field));
}

/** An array in Postgres's own notation, of values that need no quoting there. */
export function arrayOf(values: Iterable<string>): string {
  return `{${[...values].join()}}`;
}
