const HOUR_MS = 60 * 60 * 1000;

/** One shard is swept every hour, all of them every day. */
const SHARDS = 24;

/**
 * The shard of the current hour, for sweeps that check each workbench once a day.
 * @param now milliseconds since 1970
 */
export function hourlyShard(now: number): { readonly shard: number; readonly shards: number } {
  return { shard: Math.floor(now / HOUR_MS) % SHARDS, shards: SHARDS };
}
