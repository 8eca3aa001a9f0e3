/** A map on top of another, which it reads and never changes: to reckon with what may come, and forget it again. */
export class LayeredMap<K, V> {
  private readonly own = new Map<K, V>();

  constructor(private readonly below?: LayeredMap<K, V>) {}

  get(key: K): V | undefined {
    return this.own.get(key) ?? this.below?.get(key);
  }

  set(key: K, value: V): void {
    this.own.set(key, value);
  }
}
