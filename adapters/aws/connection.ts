/** How a client of AWS reaches its service. */
export interface ConnectionOptions {
  /** Where the service is, when not at AWS: `http://127.0.0.1:port` of an emulator. */
  readonly endpoint?: string;
  /** @default the environment's (AWS_REGION) */
  readonly region?: string;
  /** For an emulator. @default the environment's */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** A new connection must stand within this time, in milliseconds; waiting for a free socket counts. @default 2,000 */
  readonly connectionTimeoutMs?: number;
  /**
   * An attempt must be answered within this time, in milliseconds. Part of EFFECT_ENDS_WITHIN_MS, so that no call is still
   * on its way when the next attempt is made. @default 10,000
   */
  readonly requestTimeoutMs?: number;
  /** Attempts of one call, the first included. @default 2, and 1 where the client says so: see SINGLE_ATTEMPT */
  readonly maxAttempts?: number;
}

/** How long a call takes at most, its repetition included: with EFFECT_ENDS_WITHIN_MS in mind. */
export const CONNECTION_DEFAULTS = {
  connectionTimeoutMs: 2_000,
  requestTimeoutMs: 10_000,
  maxAttempts: 2,
} as const;

/**
 * For services where what is sent late may do harm: a process may be frozen between two attempts for as long as anybody
 * likes, and the SDK sends the second when it wakes, past the check of in-time.ts. The drive loop repeats what failed,
 * by a new read of the record and with its own back-off.
 */
export const SINGLE_ATTEMPT = { maxAttempts: 1 } as const;

/** What the clients of the SDK take. */
export function clientConfig(options: ConnectionOptions) {
  const { endpoint, region, credentials } = options;
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: options.maxAttempts ?? CONNECTION_DEFAULTS.maxAttempts,
    requestHandler: {
      connectionTimeout: options.connectionTimeoutMs ?? CONNECTION_DEFAULTS.connectionTimeoutMs,
      requestTimeout: options.requestTimeoutMs ?? CONNECTION_DEFAULTS.requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
  };
}
