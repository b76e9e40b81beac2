/** Returns milliseconds since 1970-01-01 UTC. May step backwards by small amounts; never used to order writes. */
export interface Clock {
  now(): number;
}
