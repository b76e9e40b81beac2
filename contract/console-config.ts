/** What the console must know before its first request. The server of the console sends it to everybody. */
export interface ConsoleConfig {
  readonly version: string;
  /** The prefix of the paths of the API: `/api`, or empty. */
  readonly apiPrefix: string;
  /** `none`: requests need no key, and the user chooses a name. `key`: requests need a key or token as bearer. */
  readonly signIn: 'none' | 'key';
  /** Whether workbenches can be shared with the organisation. */
  readonly organisationShares: boolean;
  /** CPU units (1 vCPU = 1024), MiB, and number of GPUs. */
  readonly sizes: Readonly<
    Record<'cpu' | 'memory' | 'gpu', { readonly min: number; readonly max: number; readonly default: number }>
  >;
}

/** Where the console reads it. */
export const CONSOLE_CONFIG_PATH = '/console/config.json';
