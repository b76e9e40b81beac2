import { userInfo } from 'node:os';
import { WorkbenchClient } from 'workbench-client';
import { CommandError, EXIT_CODES } from './exit-codes.ts';

export const DEFAULT_API = 'http://127.0.0.1:8999';

/** The options of every command that say which API is used, and for whom. */
export interface ConnectionOptions {
  readonly api?: string;
  readonly user?: string;
}

/** Which API a command uses, and as whom. The key is in no field that is printed. */
export interface Connection {
  readonly client: WorkbenchClient;
  readonly api: string;
  /** The user in whose name requests are made; undefined: the one that the token names. */
  readonly user: string | undefined;
  /** What authorizes the requests. */
  readonly authorization: 'none' | 'key or token of WORKBENCH_TOKEN';
}

/**
 * Reads WORKBENCH_API, WORKBENCH_TOKEN and WORKBENCH_USER. A key is never an argument: other users of a computer can read the
 * arguments of a process. Without a token the user defaults to the name of the account, as a local server expects one.
 * @throws CommandError
 */
export function openConnection(
  options: ConnectionOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Connection {
  const api = options.api ?? (environment.WORKBENCH_API || DEFAULT_API);
  const token = environment.WORKBENCH_TOKEN || undefined;
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new CommandError(
      EXIT_CODES.usage,
      'WORKBENCH_TOKEN contains spaces or characters that no key has.',
    );
  }
  const user =
    options.user ?? (environment.WORKBENCH_USER || (token === undefined ? userInfo().username : undefined));
  try {
    const client = new WorkbenchClient({
      baseUrl: api,
      ...(token === undefined ? {} : { auth: token }),
      ...(user === undefined ? {} : { userId: user }),
    });
    const authorization = token === undefined ? 'none' : 'key or token of WORKBENCH_TOKEN';
    return { client, api, user, authorization };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new CommandError(EXIT_CODES.usage, `The address of the API must be an http or https URL: ${api}`);
  }
}
