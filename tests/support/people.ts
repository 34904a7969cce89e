import { randomBytes } from "node:crypto";
import type { Role } from "#shared/roles.ts";
import { type Answer, originClient, type Send } from "./origin.ts";
import { newTenant } from "./stack.ts";

/** A tenant with an administrator who can do everything, and ways to log in. */
export type Office = {
  readonly tenantId: string;
  readonly slug: string;
  readonly send: Send;
};

export const PASSWORD = "correct horse battery staple";

/** @param scopes of the administrator: those of the role admin, or there is nobody they could create */
export async function newOffice(scopes: readonly string[]): Promise<Office> {
  const { id, slug } = await newTenant();
  const client = originClient(id);
  return { tenantId: id, slug, send: (path, request) => client(path, { scopes, ...request }) };
}

export type Person = { readonly id: string; readonly email: string };

export async function newPerson({ send }: Office, role: Role = "viewer"): Promise<Person> {
  const email = `${randomBytes(6).toString("hex")}@people.example`;
  const { json } = await send("/v1/users", { method: "POST", body: { email, role, password: PASSWORD } });
  return { id: json.id, email };
}

const nobody = originClient(null);

/** @param send default: nobody, at the stack's origin */
export function logIn({ slug }: Pick<Office, "slug">, email: string, password = PASSWORD, send = nobody) {
  return post("login", { tenant: slug, email, password }, send);
}

export function post(what: "login" | "refresh" | "logout", body: object, send = nobody): Promise<Answer> {
  return send(`/v1/auth/${what}`, { method: "POST", body });
}
