/** Reading of environment variables, alike in both tiers: every fault is named, all at once. */

export type Environment = "development" | "staging" | "production";

/** A shared HMAC key with the id that messages name it by. */
export type NamedSecret = { readonly kid: string; readonly secret: string };

/** The secret that is used, and after it those before it: they are still accepted, while it is changed. */
export type SecretList = readonly [current: string, ...previous: string[]];

/** Secrets separated by commas, which none of them can hold. */
export function secretsIn(text: string): SecretList {
  const [current = "", ...previous] = text.split(",").map((secret) => secret.trim());
  return [current, ...previous];
}

/**
 * Marks what the development command makes up. A value that begins so is refused anywhere else, so
 * that a copied `.dev.vars` cannot become a production secret.
 */
export const DEVELOPMENT_SECRET_PREFIX = "development-";

const MIN_SECRET_LENGTH = 32;

/** Thrown at start-up; the message has one line a fault and never a value. */
export class EnvironmentError extends Error {
  constructor(faults: readonly string[]) {
    super(`The environment is not usable:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`);
    this.name = "EnvironmentError";
  }
}

export type Variables = Readonly<Record<string, string | undefined>>;

/** Collects faults while variables are read; `done()` throws them together. */
export class VariableReader {
  readonly environment: Environment;
  readonly #variables: Variables;
  readonly #faults: string[] = [];

  constructor(variables: Variables) {
    this.#variables = variables;
    this.environment = this.oneOf("ENVIRONMENT", ["development", "staging", "production"], "production");
  }

  text(name: string, fallback?: string): string {
    const value = this.#variables[name] || fallback;
    if (value === undefined) this.fault(name, "is missing");
    return value ?? "";
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const value = this.text(name, fallback);
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) this.fault(name, `must be one of ${allowed.join(", ")}`);
    return found ?? fallback;
  }

  integer(name: string, { min, max, fallback }: { min: number; max: number; fallback: number }): number {
    const text = this.text(name, String(fallback));
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    this.fault(name, `must be an integer from ${min} to ${max}`);
    return fallback;
  }

  /** An absolute URL of one of the `schemes` (`"https:"`), without a trailing slash. */
  url(name: string, schemes: readonly string[], fallback?: string): string {
    const text = this.text(name, fallback);
    if (text !== "" && !isUrl(text, schemes)) this.fault(name, `must be a URL with ${schemes.join(" or ")}`);
    return text.replace(/\/$/, "");
  }

  urls(name: string, schemes: readonly string[]): readonly string[] {
    const list = this.text(name)
      .split(",")
      .map((item) => item.trim().replace(/\/$/, ""));
    if (list.join("") !== "" && !list.every((item) => isUrl(item, schemes))) {
      this.fault(name, `must be URLs with ${schemes.join(" or ")}, separated by commas`);
    }
    return list;
  }

  secret(name: string): string {
    const value = this.text(name);
    if (value !== "") this.#checkSecret(name, value);
    return value;
  }

  /** One secret or several separated by commas: the first is used, all are accepted. */
  secretList(name: string): SecretList {
    const secrets = secretsIn(this.text(name));
    if (secrets.join("") === "") return secrets;
    for (const secret of secrets) this.#checkSecret(name, secret);
    return secrets;
  }

  /** `kid:secret` pairs separated by commas; the first one signs, all are accepted. */
  secrets(name: string): readonly [NamedSecret, ...NamedSecret[]] {
    const pairs = this.text(name)
      .split(",")
      .map((pair) => /^([A-Za-z0-9_-]{1,64}):(.+)$/.exec(pair.trim()));
    const named = pairs.flatMap((match) =>
      match?.[1] && match[2] ? [{ kid: match[1], secret: match[2] }] : [],
    );
    const [first, ...rest] = named;
    if (first === undefined || named.length !== pairs.length) {
      if (this.#variables[name]) this.fault(name, "must be `kid:secret` pairs, separated by commas");
      return [{ kid: "", secret: "" }];
    }
    for (const { secret } of named) this.#checkSecret(name, secret);
    return [first, ...rest];
  }

  fault(name: string, what: string): void {
    this.#faults.push(`${name} ${what}`);
  }

  /** @throws EnvironmentError when anything read so far was missing or malformed */
  done(): void {
    if (this.#faults.length > 0) throw new EnvironmentError(this.#faults);
  }

  #checkSecret(name: string, value: string): void {
    if (value.length < MIN_SECRET_LENGTH)
      this.fault(name, `must have at least ${MIN_SECRET_LENGTH} characters`);
    if (this.environment !== "development" && value.startsWith(DEVELOPMENT_SECRET_PREFIX)) {
      this.fault(name, `is a development secret, which ${this.environment} refuses`);
    }
  }
}

function isUrl(text: string, schemes: readonly string[]): boolean {
  return URL.canParse(text) && schemes.includes(new URL(text).protocol);
}
