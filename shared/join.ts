type UnionToIntersection<U> = (U extends unknown ? (member: U) => void : never) extends (all: infer I) => void
  ? I
  : never;

/** All members of all parts, as one object. */
export type Joined<Parts> = UnionToIntersection<Parts[keyof Parts]>;

/**
 * Puts the members of several parts into one object.
 * @throws Error when two parts have a member of the same name
 */
export function join<Parts extends Readonly<Record<string, object>>>(parts: Parts): Joined<Parts> {
  const entries = Object.values(parts).flatMap((part) => Object.entries(part));
  const joined = Object.fromEntries(entries);
  const twice = entries.find(([name, member]) => joined[name] !== member);
  if (twice !== undefined) throw new Error(`${twice[0]} is there twice`);
  return joined as Joined<Parts>;
}
