const HOUR_MS = 60 * 60 * 1000;

/** Each hour one of so many: all of them in a day. */
const SHARDS = 24;

/**
 * Whose turn it is, for what is looked at once a day.
 * @param now milliseconds since 1970
 */
export function hourlyShard(now: number): { readonly shard: number; readonly shards: number } {
  return { shard: Math.floor(now / HOUR_MS) % SHARDS, shards: SHARDS };
}
