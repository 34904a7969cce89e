const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether it is a UUID as ids are written here: what else there is, Postgres would refuse with an error. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
