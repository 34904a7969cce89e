import { DEVELOPMENT_SECRET_PREFIX } from "#shared/environment.ts";

/** What a secret looks like in a file. */

const KNOWN: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ["a private key", /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/],
  ["a private JWK", /"d"\s*:\s*"[A-Za-z0-9_-]{40,}"/],
  ["a JWT", /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}/],
  ["an AWS key", /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/],
  ["a GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})/],
  ["a Slack token", /\bxox[abprs]-[A-Za-z0-9-]{10,}/],
  ["an npm token", /\bnpm_[A-Za-z0-9]{36}\b/],
  [
    "a password in a URL",
    /\b[a-z][a-z0-9+]*:\/\/[^\s:@/'"`${]+:(?!\.\.\.|password@)[^\s:@/'"`${]{8,}@(?!127\.0\.0\.1|localhost)/,
  ],
];

const ASSIGNMENT =
  /(?:secret|token|passw(?:or)?d|api_?key|credential)\w*["']?\s*[:=]\s*["'`]?([A-Za-z0-9+/_=-]{20,})/gi;

/** Bits per character above which text of 20 characters or more is no word that anyone wrote. */
const MIN_ENTROPY = 4;

/** What looks like a secret in `text`, one entry each; never the secret itself. */
export function secretsIn(text: string): { line: number; kind: string }[] {
  return text.split("\n").flatMap((content, index) => {
    const known = KNOWN.filter(([, pattern]) => pattern.test(content)).map(([kind]) => kind);
    const assigned = [...content.matchAll(ASSIGNMENT)].some(([, value = ""]) => looksRandom(value));
    const kinds = known.length === 0 && assigned ? ["an assigned secret"] : known;
    return kinds.map((kind) => ({ line: index + 1, kind }));
  });
}

// Random text of this length has both digits and letters; names and paths mostly have no digits.
function looksRandom(value: string): boolean {
  // Nothing but development accepts these.
  if (value.startsWith(DEVELOPMENT_SECRET_PREFIX)) return false;
  return /\d/.test(value) && /[A-Za-z]/.test(value) && entropy(value) >= MIN_ENTROPY;
}

/** Shannon entropy in bits per character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => {
    const share = count / text.length;
    return sum - share * Math.log2(share);
  }, 0);
}
