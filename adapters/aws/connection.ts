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
   * An attempt must be answered within this time, in milliseconds. Well below the 60 s within which an effect
   * is to begin, so that no call is still on its way when the next attempt is made. @default 10,000
   */
  readonly requestTimeoutMs?: number;
  /** Attempts of one call, the first included. @default 2: the drive loop repeats what fails, with its own back-off */
  readonly maxAttempts?: number;
}

/** What the clients of the SDK take. */
export function clientConfig(options: ConnectionOptions) {
  const { endpoint, region, credentials } = options;
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: options.maxAttempts ?? 2,
    requestHandler: {
      connectionTimeout: options.connectionTimeoutMs ?? 2_000,
      requestTimeout: options.requestTimeoutMs ?? 10_000,
      throwOnRequestTimeout: true,
    },
  };
}
