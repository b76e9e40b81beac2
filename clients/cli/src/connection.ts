import { userInfo } from 'node:os';
import { WorkbenchClient } from 'workbench-client';
import { CommandError, EXIT_CODES } from './exit-codes.ts';
import { SignInStore } from './sign-in-store.ts';
import { StoredSignIn } from './stored-sign-in.ts';

export const DEFAULT_API = 'http://127.0.0.1:8999';

/** The options of every command that say which API is used, and for whom. */
export interface ConnectionOptions {
  readonly api?: string;
  readonly user?: string;
}

/** What authorizes the requests. */
export type Credential =
  | { readonly kind: 'none' }
  /** The key or token of WORKBENCH_TOKEN. */
  | { readonly kind: 'environment'; readonly token: string }
  | { readonly kind: 'sign_in'; readonly signIn: StoredSignIn };

/** Which API a command uses, and as whom. */
export interface Connection {
  readonly client: WorkbenchClient;
  readonly api: string;
  /** The user in whose name requests are made; undefined: the one that the token names. */
  readonly user: string | undefined;
  readonly credential: Credential;
  /** Where `wb login` stores the sign-in for this API. */
  readonly store: SignInStore;
}

/**
 * Reads WORKBENCH_API, WORKBENCH_TOKEN and WORKBENCH_USER, and without a token the sign-in of `wb login`. A key is never an argument:
 * other users of a computer can read the arguments of a process. Without a token the user defaults to the name of the account, as a
 * local server expects one.
 * @param ignoreSignIn does not read the sign-in: `wb login` replaces it, even if the file cannot be read
 * @throws CommandError
 */
export function openConnection(
  options: ConnectionOptions,
  environment: Readonly<Record<string, string | undefined>>,
  { ignoreSignIn = false } = {},
): Connection {
  const api = normalize(options.api ?? (environment.WORKBENCH_API || DEFAULT_API));
  const store = new SignInStore(api, environment);
  const credential = findCredential(
    environment.WORKBENCH_TOKEN || undefined,
    ignoreSignIn ? undefined : store,
  );
  const fallback = credential.kind === 'none' ? userInfo().username : undefined;
  const user = options.user || environment.WORKBENCH_USER || fallback;
  const client = new WorkbenchClient({
    baseUrl: api,
    ...authOf(credential),
    ...(user === undefined ? {} : { userId: user }),
  });
  return { client, api, user, credential, store };
}

/** For people. Contains no key and no token. */
export function describeCredential(credential: Credential): string {
  if (credential.kind === 'none') return 'none';
  if (credential.kind === 'environment') return 'key or token of WORKBENCH_TOKEN';
  const { issuer, expiresAt, isRenewable } = credential.signIn.current;
  const end = expiresAt === undefined ? '' : `, until ${new Date(expiresAt).toISOString()}`;
  return `sign-in at ${issuer}${end}${isRenewable ? ', renewed automatically' : ''}`;
}

/** The same API has one form, so that its sign-in is found. */
function normalize(api: string): string {
  const url = URL.canParse(api) ? new URL(api) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new CommandError(EXIT_CODES.usage, `The address of the API must be an http or https URL: ${api}`);
  }
  return url.href.replace(/\/+$/, '');
}

function findCredential(token: string | undefined, store: SignInStore | undefined): Credential {
  if (token !== undefined) {
    if (/^[\x21-\x7e]+$/.test(token)) return { kind: 'environment', token };
    throw new CommandError(
      EXIT_CODES.usage,
      'WORKBENCH_TOKEN contains spaces or characters that no key has.',
    );
  }
  const signIn = store?.read();
  if (store === undefined || signIn === undefined) return { kind: 'none' };
  return { kind: 'sign_in', signIn: new StoredSignIn(store, signIn) };
}

function authOf(credential: Credential): { readonly auth?: string | (() => Promise<string>) } {
  switch (credential.kind) {
    case 'none':
      return {};
    case 'environment':
      return { auth: credential.token };
    case 'sign_in':
      return { auth: () => credential.signIn.accessToken() };
  }
}
