const BACKSLASH = 0x5c;
const COLON = 0x3a;
const SPACE = 0x20;

/**
 * Whether an object in JSON text has a member more than once. RFC 8259 §4: of such members some readers take the
 * first, some the last. Here nobody guesses.
 * @param text well-formed JSON
 * @param value what it was read as: of each name one member is left
 */
export function hasRepeatedMembers(text: string, value: unknown): boolean {
  return membersOf(value) < namesIn(text);
}

/** How many members JSON text has: each is named by a string that a colon follows. */
function namesIn(text: string): number {
  let names = 0;
  for (let open = text.indexOf('"'); open !== -1; ) {
    let after = endOfString(text, open);
    while (text.charCodeAt(after) <= SPACE) after++;
    if (text.charCodeAt(after) === COLON) names++;
    open = text.indexOf('"', after);
  }
  return names;
}

/**
 * Finds the end of a string in well-formed JSON text.
 * @param open where its opening quotation mark is
 * @returns what comes after its closing one: the first before which backslashes are in pairs
 */
export function endOfString(text: string, open: number): number {
  for (let close = text.indexOf('"', open + 1); ; close = text.indexOf('"', close + 1)) {
    let first = close;
    while (text.charCodeAt(first - 1) === BACKSLASH) first--;
    if ((close - first) % 2 === 0) return close + 1;
  }
}

/** How many members a value has, on all levels; without recursion, for nobody has looked how deep it is. */
function membersOf(value: unknown): number {
  let members = 0;
  const left = [value];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next !== "object" || next === null) continue;
    const values = Object.values(next);
    if (!Array.isArray(next)) members += values.length;
    for (const one of values) left.push(one);
  }
  return members;
}
