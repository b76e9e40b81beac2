import { createHash, randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { CommandError, EXIT_CODES } from './exit-codes.ts';

/** What `wb login` has received for one API. It is a secret: no command prints the tokens. */
export interface SignIn {
  /** The API for which the tokens are. */
  readonly api: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly accessToken: string;
  /** Absent if the issuer sent none: then the sign-in ends with the access token. */
  readonly refreshToken?: string;
  /** When the access token expires, milliseconds since 1970. Absent: the issuer has not said it. */
  readonly expiresAt?: number;
}

/** A lock of a process that was killed counts as free after this time, milliseconds. No renewal takes as long. */
const LOCK_MAX_AGE_MS = 60_000;
const LOCK_INTERVAL_MS = 50;

/** The file with the sign-in for one API: only its user can read it. */
export class SignInStore {
  readonly #api: string;
  readonly #folder: string;
  readonly #file: string;

  constructor(api: string, environment: Readonly<Record<string, string | undefined>>) {
    this.#api = api;
    const { XDG_CONFIG_HOME: config = '' } = environment;
    // The XDG Base Directory Specification: relative paths are ignored.
    this.#folder = join(isAbsolute(config) ? config : join(homedir(), '.config'), 'workbench');
    const hash = createHash('sha256').update(api).digest('hex').slice(0, 16);
    this.#file = join(
      this.#folder,
      `sign-in-${new URL(api).hostname.replaceAll(/[^\w.-]/g, '_')}-${hash}.json`,
    );
  }

  /** @throws CommandError if the file cannot be read */
  read(): SignIn | undefined {
    const text = readIfExists(this.#file);
    if (text === undefined) return undefined;
    const signIn = parse(text);
    if (signIn === undefined || signIn.api !== this.#api) {
      throw new CommandError(
        EXIT_CODES.not_authorized,
        `${this.#file} has no sign-in for this API. Sign in again: wb login`,
      );
    }
    return signIn;
  }

  /** Replaces the file as a whole: a reader finds the old or the new sign-in. Only for the holder of the lock. */
  write(signIn: SignIn): void {
    const next = `${this.#file}.new`;
    try {
      rmSync(next, { force: true });
      writeFileSync(next, `${JSON.stringify(signIn)}\n`, { mode: 0o600, flag: 'wx' });
      renameSync(next, this.#file);
    } catch (error) {
      throw new CommandError(EXIT_CODES.failed, `The sign-in cannot be stored: ${describe(error)}`);
    }
  }

  remove(): void {
    rmSync(this.#file, { force: true });
  }

  /**
   * Executes an action while no other `wb` of this user executes one for the same API. Most issuers accept a refresh token once, and
   * some end the sign-in when it is used a second time.
   */
  async withLock<T>(action: () => Promise<T> | T): Promise<T> {
    const lock = `${this.#file}.lock`;
    this.#makeFolder();
    const holder = randomUUID();
    while (!take(lock, holder)) await new Promise((resolve) => setTimeout(resolve, LOCK_INTERVAL_MS));
    const release = () => releaseLock(lock, holder);
    // Ctrl-C ends the process here as well.
    process.once('exit', release);
    try {
      return await action();
    } finally {
      process.removeListener('exit', release);
      release();
    }
  }

  #makeFolder(): void {
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      chmodSync(this.#folder, 0o700);
    } catch (error) {
      throw new CommandError(EXIT_CODES.failed, `The sign-in cannot be stored: ${describe(error)}`);
    }
  }
}

/** Returns whether the lock is taken. @param holder the name of this holder, which no other has */
function take(lock: string, holder: string): boolean {
  if (createFile(lock, holder)) return true;
  if (isStale(lock)) removeStale(lock);
  return false;
}

/**
 * Removes the lock of a process that was killed. One process at a time: another one that has seen the same lock would otherwise
 * remove the lock that the first has taken meanwhile.
 */
function removeStale(lock: string): void {
  const removal = `${lock}.removal`;
  if (createFile(removal, '')) {
    if (isStale(lock)) rmSync(lock, { force: true });
    rmSync(removal, { force: true });
  } else if (isStale(removal)) rmSync(removal, { force: true });
}

/** Removes the lock, unless it was stale and another process holds it now. */
function releaseLock(lock: string, holder: string): void {
  if (readIfExists(lock) === holder) rmSync(lock, { force: true });
}

/** @returns whether this call has created the file. @throws CommandError */
function createFile(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw new CommandError(EXIT_CODES.failed, `The sign-in cannot be locked: ${describe(error)}`);
  }
}

function isStale(lock: string): boolean {
  const changedAt = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
  return changedAt !== undefined && Date.now() - changedAt > LOCK_MAX_AGE_MS;
}

/** @throws CommandError if the file exists and cannot be read */
function readIfExists(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new CommandError(EXIT_CODES.failed, `The sign-in cannot be read: ${describe(error)}`);
  }
}

function parse(text: string): SignIn | undefined {
  try {
    const value = JSON.parse(text) as Partial<Record<keyof SignIn, unknown>> | null;
    const { api, issuer, clientId, accessToken, refreshToken = '', expiresAt = 0 } = value ?? {};
    const isComplete = [api, issuer, clientId, accessToken, refreshToken].every(
      (field) => typeof field === 'string',
    );
    return isComplete && typeof expiresAt === 'number' ? (value as SignIn) : undefined;
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
