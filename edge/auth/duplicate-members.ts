// A string, with the colon that makes it a member's name, or a bracket. Numbers and words pass unseen.
const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/gs;

/**
 * Whether some object of a JSON text names a member twice: parsers differ on which of them counts
 * (RFC 8259 §4, RFC 7519 §4).
 * @param json well-formed
 */
export function hasDuplicateMembers(json: string): boolean {
  const open: Set<string>[] = [];
  for (const [token, colon] of json.matchAll(TOKEN)) {
    if (token === "{" || token === "[") open.push(new Set());
    else if (token === "}" || token === "]") open.pop();
    else if (colon !== undefined) {
      // Spelled with escapes or without, it is the same name.
      const name: unknown = JSON.parse(token.slice(0, -colon.length));
      const names = open.at(-1);
      if (names?.has(String(name))) return true;
      names?.add(String(name));
    }
  }
  return false;
}
