/** Who uses the page. */
export interface Session {
  /** The user in whose name requests are made. Undefined: the token names the user. */
  readonly userId: string | undefined;
  /** The static key or a token; or the token of an issuer, which is renewed. Undefined: the server asks for none. */
  readonly key: string | (() => Promise<string>) | undefined;
}

/** The name of the printed commands of `npm start`: the page and the commands show the same workbenches. */
const DEFAULT_USER = 'me';
const USER = 'workbench-console-user';
const KEY = 'workbench-console-key';

/** The part of a storage of the browser that is used. */
export interface TextStorage {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

export interface Storages {
  /** Kept when the browser is closed: only the chosen name. */
  readonly lasting: TextStorage;
  /** Kept until the tab is closed. Other tabs do not see it. */
  readonly ofTab: TextStorage;
}

/** Returns the session of this tab; undefined if the user must sign in first. */
export function readSession(signIn: 'none' | 'key', { lasting, ofTab }: Storages): Session | undefined {
  const userId = lasting.getItem(USER);
  if (signIn === 'none') return { userId: userId || DEFAULT_USER, key: undefined };
  const key = ofTab.getItem(KEY);
  if (!key) return undefined;
  return { userId: userId || undefined, key };
}

/** Returns the user that a sign-in form shows first. */
export function suggestUser({ lasting }: Storages): string {
  return lasting.getItem(USER) ?? DEFAULT_USER;
}

/** Keeps the session for this tab. A token of an issuer is not kept: `key` is a function then. */
export function writeSession({ userId, key }: Session, { lasting, ofTab }: Storages): void {
  lasting.setItem(USER, userId ?? '');
  if (typeof key === 'string') ofTab.setItem(KEY, key);
  else ofTab.removeItem(KEY);
}

/** Forgets the key. The chosen name stays. */
export function endSession({ ofTab }: Storages): void {
  ofTab.removeItem(KEY);
}
