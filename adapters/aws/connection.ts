/** How an SDK client reaches its service. */
export interface ConnectionOptions {
  /** The endpoint of an emulator: `http://127.0.0.1:port`. @default that of AWS */
  readonly endpoint?: string;
  /** @default AWS_REGION from the environment */
  readonly region?: string;
  /** For an emulator. @default from the environment */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Time to open a connection, in milliseconds; waiting for a free socket counts. @default 2,000 */
  readonly connectionTimeoutMs?: number;
  /**
   * Time for the response to one attempt, in milliseconds. Part of EFFECT_ENDS_WITHIN_MS: no call of an effect is still in
   * flight when the effect is executed again. @default 10,000
   */
  readonly requestTimeoutMs?: number;
  /** Attempts per call, the first included. @default 2; 1 for the clients that use SINGLE_ATTEMPT */
  readonly maxAttempts?: number;
}

/** These bound a call, retry included. EFFECT_ENDS_WITHIN_MS is derived from them. */
export const CONNECTION_DEFAULTS = {
  connectionTimeoutMs: 2_000,
  requestTimeoutMs: 10_000,
  maxAttempts: 2,
} as const;

/**
 * For services where a call that is sent late may do harm. Lambda may freeze a process between two attempts for any time;
 * when it resumes, the SDK sends the second attempt without the check of send-deadline.ts. The drive loop retries failed
 * calls instead: it reads the record again and has its own backoff.
 */
export const SINGLE_ATTEMPT = { maxAttempts: 1 } as const;

/** Builds the configuration that the SDK's client constructors take. */
export function toClientConfig(options: ConnectionOptions) {
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
