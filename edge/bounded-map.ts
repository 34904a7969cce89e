/** Sets an entry of a map that keeps at most `capacity`: the one set longest ago makes room. */
export function setBounded<K, V>(map: Map<K, V>, capacity: number, key: K, value: V): void {
  if (map.size >= capacity && !map.has(key)) {
    const oldest = map.keys().next();
    if (!oldest.done) map.delete(oldest.value);
  }
  map.set(key, value);
}
