import { UUID } from "#shared/resources/common.ts";

/** Requests as the repository keeps them, and how they are sent. */

/**
 * One request. Its texts may refer to what an earlier step was answered: `{{createProduct/id}}` is a JSON
 * Pointer into the answer of the step `createProduct`; `{{tenant/slug}}` is given.
 */
export type Step = {
  readonly name: string;
  readonly operationId: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** In place of those that it would have; an empty one is left out. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
};

/** A step with what it was answered; ids, times and secrets are left out of that. */
export type Recorded = { readonly request: Step; readonly status: number; readonly body: unknown };

export type Answered = { readonly step: Step; readonly status: number; readonly body: unknown };

export type Where = {
  readonly url: string;
  /** Of somebody who may do everything. */
  readonly token: string;
  readonly tenant: { readonly slug: string };
};

/** Sends the steps one after the other; each may refer to those before it. */
export async function* play(steps: readonly Step[], { url, token, tenant }: Where): AsyncGenerator<Answered> {
  const answers: Record<string, unknown> = { tenant };
  for (const step of steps) {
    const { method, path, headers = {}, body } = filled(step, answers);
    const response = await fetch(url + path, {
      method,
      headers: Object.entries({
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      }).filter(([, value]) => value !== ""),
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const answer = parsed(await response.text());
    answers[step.name] = answer;
    yield { step, status: response.status, body: answer };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text === "" ? null : text;
  }
}

/** @throws Error when a step refers to what no answer has */
function filled<T>(value: T, answers: Readonly<Record<string, unknown>>): T {
  return JSON.parse(
    JSON.stringify(value).replaceAll(/\{\{([^}]+)\}\}/g, (_, reference: string) => {
      const [step = "", ...names] = reference.split("/");
      let found = answers[step];
      for (const name of names) found = (found as Record<string, unknown> | null)?.[name];
      if (typeof found !== "string" && typeof found !== "number")
        throw new Error(`no answer has ${reference}: ${JSON.stringify(normalised(answers[step] ?? null))}`);
      // Within a text of JSON, without its quotes.
      return JSON.stringify(String(found)).slice(1, -1);
    }),
  );
}

const ID = new RegExp(UUID, "g");
const INSTANT = /\d{4}-\d{2}-\d{2}T[\d:.]+Z/g;
const HELD_BACK = /secret|token|cursor|^(?:x|y|kid)$/i;
/** The description of the API is kept already. */
const MOST_CHARACTERS = 20_000;

/** An answer as it is kept: without what is another one each time, and without secrets. */
export function normalised(body: unknown): unknown {
  const text = JSON.stringify(body, (name, value: unknown) => {
    if (typeof value !== "string") return value;
    if (HELD_BACK.test(name)) return `<${name}>`;
    return value.replaceAll(ID, "<id>").replaceAll(INSTANT, "<instant>");
  });
  return text.length > MOST_CHARACTERS ? "<long>" : JSON.parse(text);
}
