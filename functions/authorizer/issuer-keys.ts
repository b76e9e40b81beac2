import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';
import { ageOf, type Clock, type Moment, momentOf } from '#core/ports/clock.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { TokenRefused } from './credentials.ts';

/**
 * Minimum time between two fetches of the keys, whether they succeed or fail. Otherwise the tokens of strangers could
 * cause requests to the issuer at will.
 */
const FETCH_INTERVAL_MS = 30_000;
/** The keys are fetched again after this time, so that a withdrawn key is no longer accepted. */
const MAX_AGE_MS = 600_000;
/** While the issuer is down, its last keys are used for this time. Then its withdrawn keys must no longer be accepted. */
const MAX_AGE_IN_OUTAGE_MS = 3_600_000;
/** The maximum size of the keys, in bytes. Issuers publish some KiB. */
const MAX_BYTES = 1_048_576;
/** RFC 7518, section 3.3. */
const RSA_MIN_BITS = 2048;

export interface IssuerKeysOptions {
  readonly jwksUrl: string;
  /** Timeout of a fetch, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Why the keys could not be fetched. `outage`: the issuer did not respond, or with a status of 500 or above. `no_keys`:
 * it responded, but without a key set that can be used. The URL is wrong, or the issuer withdrew its keys.
 */
type FailureKind = 'outage' | 'no_keys';

/** The keys of an issuer could not be fetched. */
export class KeysUnavailable extends Error {
  readonly kind: FailureKind;
  readonly code: string;

  constructor(kind: FailureKind, code: string, options?: ErrorOptions) {
    super(`the keys of the issuer could not be fetched: ${code}`, options);
    this.name = 'KeysUnavailable';
    this.kind = kind;
    this.code = code;
  }
}

/** The log lines of failed fetches. */
const FAILURE_MESSAGES: Readonly<Record<FailureKind, string>> = {
  outage: 'the keys of the issuer could not be fetched',
  no_keys: 'the issuer published no usable key set; check RESTAPI_OIDC_JWKS_URL',
};

type FindKey = ReturnType<typeof createLocalJWKSet>;

interface KeySet {
  readonly findKey: FindKey;
  readonly fetchedAt: Moment;
  /** How long the keys are used while the issuer is down, in milliseconds. */
  readonly maxAgeInOutageMs: number;
}

/**
 * The keys that an issuer publishes. jose's createRemoteJWKSet pauses only after successful fetches, and uses no key
 * while the issuer is down.
 */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  #keySet: KeySet | undefined;
  #failure: { readonly error: KeysUnavailable; readonly at: Moment } | undefined;
  #pending: Promise<KeySet> | undefined;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
  }

  /**
   * Returns the key with which a token was signed, if it is published. A key that is missing or unusable may be new or
   * repaired, so the keys are fetched again for it.
   * @throws TokenRefused `unusable_signing_key`, the errors of jose for missing and ambiguous keys, KeysUnavailable
   */
  async find(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    const current = await this.#current();
    try {
      return await findUsableKey(current.findKey, header, token);
    } catch {
      const refreshed = await this.#refresh();
      return findUsableKey(refreshed.findKey, header, token);
    }
  }

  async #current(): Promise<KeySet> {
    const known = this.#keySet;
    if (known !== undefined && this.#isWithin(known.fetchedAt, MAX_AGE_MS)) return known;
    try {
      return await this.#refresh();
    } catch (error) {
      const last = this.#keySet;
      if (last !== undefined && this.#isWithin(last.fetchedAt, last.maxAgeInOutageMs)) return last;
      throw error;
    }
  }

  /** Fetches the keys, unless they were fetched, or failed to be fetched, within FETCH_INTERVAL_MS. Concurrent calls share one fetch. */
  async #refresh(): Promise<KeySet> {
    if (this.#keySet !== undefined && this.#isWithin(this.#keySet.fetchedAt, FETCH_INTERVAL_MS)) {
      return this.#keySet;
    }
    if (this.#failure !== undefined && this.#isWithin(this.#failure.at, FETCH_INTERVAL_MS)) {
      throw this.#failure.error;
    }
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #fetch(): Promise<KeySet> {
    const { clock, telemetry } = this.#options;
    try {
      const findKey = await fetchKeys(this.#options);
      this.#keySet = { findKey, fetchedAt: momentOf(clock), maxAgeInOutageMs: MAX_AGE_IN_OUTAGE_MS };
      this.#failure = undefined;
      return this.#keySet;
    } catch (error) {
      const failure = toKeysUnavailable(error);
      this.#failure = { error: failure, at: momentOf(clock) };
      // The issuer is reachable and no longer publishes these keys. A later outage must not prolong them either.
      if (failure.kind === 'no_keys' && this.#keySet !== undefined) {
        this.#keySet = { ...this.#keySet, maxAgeInOutageMs: MAX_AGE_MS };
      }
      telemetry.error(FAILURE_MESSAGES[failure.kind], { code: failure.code });
      throw failure;
    }
  }

  #isWithin(moment: Moment, duration: number): boolean {
    return ageOf(moment, this.#options.clock) < duration;
  }
}

async function findUsableKey(
  findKey: FindKey,
  header: JWSHeaderParameters,
  token: FlattenedJWSInput,
): Promise<CryptoKey> {
  const key = await findKey(header, token).catch((error: unknown) => {
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
      throw error;
    // The keys are in memory already: any other error means that this key cannot be imported.
    throw new TokenRefused('unusable_signing_key');
  });
  const { algorithm } = key;
  if ('modulusLength' in algorithm && Number(algorithm.modulusLength) < RSA_MIN_BITS) {
    throw new TokenRefused('unusable_signing_key');
  }
  return key;
}

/** Request timeout, too early, too many requests: the issuer may respond otherwise later. */
const PASSING_STATUSES = [408, 425, 429];

async function fetchKeys({ jwksUrl, timeoutMs }: IssuerKeysOptions): Promise<FindKey> {
  const response = await fetch(jwksUrl, {
    headers: { accept: 'application/json, application/jwk-set+json', 'user-agent': 'workbench-controller' },
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    const passes = response.status >= 500 || PASSING_STATUSES.includes(response.status);
    throw new KeysUnavailable(passes ? 'outage' : 'no_keys', `status_${response.status}`);
  }
  const text = await readBounded(response);
  try {
    return createLocalJWKSet(JSON.parse(text) as JSONWebKeySet);
  } catch (cause) {
    throw new KeysUnavailable('no_keys', 'no_key_set', { cause });
  }
}

async function readBounded({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new KeysUnavailable('no_keys', 'too_large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The errors of `fetch` have their code in the cause, or only a name such as `TimeoutError`. */
function toKeysUnavailable(error: unknown): KeysUnavailable {
  if (error instanceof KeysUnavailable) return error;
  const { name, cause } = error as { readonly name?: unknown; readonly cause?: { readonly code?: unknown } };
  const code = cause?.code;
  return new KeysUnavailable('outage', typeof code === 'string' ? code : String(name), { cause: error });
}
