import { SignJWT } from 'jose';
import type { AuthKeys } from '#adapters/auth-secret.ts';
import { foundLinkResponseSchema } from '#contract/share-link-bodies.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { CommandResult, FailedCommand, LinkResult, WorkbenchCommands } from './ports.ts';

export interface ApiCommandsOptions {
  /** The address of the API with its prefix, without a slash at the end. */
  readonly url: string;
  /** Returns the keys of the API; undefined if it accepts every caller. It caches them itself. */
  readonly keys: (() => Promise<AuthKeys>) | undefined;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Milliseconds for a whole response. @default 5,000 */
  readonly timeoutMs?: number;
}

/** How long a token for one request is valid, seconds. The clocks of the gate and of the API may differ by a few seconds. */
const TOKEN_LIFETIME_SECONDS = 60;
const TIMEOUT_MS = 5_000;
/** A page shows the message of a refusal. The messages of the API are shorter. */
const MESSAGE_MAX_LENGTH = 500;
/** The API sends no longer body. */
const BODY_MAX_LENGTH = 65_536;

/**
 * The commands of the gate's pages as requests to the API, in the name of the owner of a workbench. They carry a token that
 * is signed with the key of the API, or its static key if it has no other: such a caller may act for any user.
 */
export class ApiCommands implements WorkbenchCommands {
  readonly #options: ApiCommandsOptions;

  constructor(options: ApiCommandsOptions) {
    this.#options = options;
  }

  start(userId: string, workbenchId: string): Promise<CommandResult> {
    return this.#send('start', userId, workbenchId);
  }

  stop(userId: string, workbenchId: string): Promise<CommandResult> {
    return this.#send('stop', userId, workbenchId);
  }

  previewLink(userId: string, code: string): Promise<LinkResult> {
    return this.#sendCode('preview', userId, code);
  }

  redeemLink(userId: string, code: string): Promise<LinkResult> {
    return this.#sendCode('redeem', userId, code);
  }

  async #send(command: 'start' | 'stop', userId: string, workbenchId: string): Promise<CommandResult> {
    try {
      const path = `/workbenches/${encodeURIComponent(workbenchId)}/${command}`;
      const response = await this.#post(path, userId);
      if (!response.ok) return await toFailure(response);
      await response.body?.cancel();
      return { kind: 'accepted' };
    } catch (error) {
      const { telemetry } = this.#options;
      telemetry.error('a command was not accepted by the API', { workbenchId, command }, error);
      return { kind: 'unavailable' };
    }
  }

  /** The log never has the code. */
  async #sendCode(command: 'preview' | 'redeem', userId: string, code: string): Promise<LinkResult> {
    try {
      const response = await this.#post(`/share-links/${command}`, userId, { code });
      if (!response.ok) return await toFailure(response);
      const body: unknown = JSON.parse(await readText(response));
      return { kind: 'found', link: foundLinkResponseSchema.parse(body).item };
    } catch (error) {
      this.#options.telemetry.error('a command was not accepted by the API', { userId, command }, error);
      return { kind: 'unavailable' };
    }
  }

  async #post(path: string, userId: string, body?: object): Promise<Response> {
    const { url, timeoutMs = TIMEOUT_MS } = this.#options;
    return await fetch(`${url}${path}?${new URLSearchParams({ user_id: userId })}`, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(await this.#authorization()),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // The API never redirects, and the token must not go elsewhere.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
  }

  async #authorization(): Promise<Readonly<Record<string, string>>> {
    const { keys, clock } = this.#options;
    if (keys === undefined) return {};
    const { RESTAPI_AUTH_JWT_KEY: jwtKey, RESTAPI_AUTH_STATIC_KEY: staticKey } = await keys();
    if (jwtKey === undefined) return { authorization: `Bearer ${staticKey}` };
    const now = Math.floor(clock.now() / 1000);
    const token = await new SignJWT({ azp: 'gate' })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuedAt(now)
      .setExpirationTime(now + TOKEN_LIFETIME_SECONDS)
      .sign(new TextEncoder().encode(jwtKey));
    return { authorization: `Bearer ${token}` };
  }
}

async function toFailure(response: Response): Promise<FailedCommand> {
  const { status } = response;
  // 401 and 403 mean that the key of the gate is wrong, 5xx that the API failed. Neither is about the workbench.
  if (status === 401 || status === 403 || status >= 500) {
    await response.body?.cancel();
    throw new Error(`the API responded with ${status}`);
  }
  return { kind: 'refused', status, message: messageOf(await readText(response)) };
}

async function readText(response: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > BODY_MAX_LENGTH) break;
  }
  return text;
}

function messageOf(body: string): string {
  try {
    const { error } = JSON.parse(body) as { readonly error?: { readonly message?: unknown } };
    if (typeof error?.message === 'string') return error.message.slice(0, MESSAGE_MAX_LENGTH);
  } catch {
    // The text below stands for a body that the API did not write.
  }
  return 'The request was refused.';
}
