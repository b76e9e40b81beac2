const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

/**
 * The shard of the current interval, for sweeps that check each workbench once a day.
 * @param now milliseconds since 1970
 * @param everyMinutes the interval of the sweep; divides a day
 */
export function dailyShard(
  now: number,
  everyMinutes: number,
): { readonly shard: number; readonly shards: number } {
  const shards = DAY_MINUTES / everyMinutes;
  return { shard: Math.floor(now / (everyMinutes * MINUTE_MS)) % shards, shards };
}
