import { UUID } from "#shared/resources/common.ts";

const WHOLE = new RegExp(`^${UUID}$`);

/** Whether it is a UUID as ids are written here: what else there is, Postgres would refuse with an error. */
export function isUuid(text: string): boolean {
  return WHOLE.test(text);
}
