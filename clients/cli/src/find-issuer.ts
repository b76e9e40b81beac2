import { WorkbenchConnectionError } from 'workbench-client';
import { CommandError, EXIT_CODES } from './exit-codes.ts';
import type { IssuerOptions } from './issuer.ts';

/** Where everybody can read how people sign in at a server. */
const CONFIG_PATH = '/console/config.json';
const TIMEOUT_MS = 10_000;

export interface IssuerFlags {
  readonly issuer?: string;
  readonly clientId?: string;
  readonly scopes?: string;
}

/**
 * Returns the issuer of the flags, or the one that the server of the API names.
 * @throws CommandError if there is none; WorkbenchConnectionError
 */
export async function findIssuer(api: string, flags: IssuerFlags): Promise<IssuerOptions> {
  const { issuer, clientId } = flags;
  const scopes = flags.scopes?.split(/[\s,]+/).filter((scope) => scope !== '');
  if (issuer !== undefined && clientId !== undefined) {
    return { issuer, clientId, scopes: scopes ?? ['openid'] };
  }
  const found = await readConfig(api);
  return {
    issuer: issuer ?? found.issuer,
    clientId: clientId ?? found.clientId,
    scopes: scopes ?? found.scopes,
  };
}

async function readConfig(api: string): Promise<IssuerOptions> {
  const { signIn, issuer } = await requestConfig(new URL(CONFIG_PATH, api));
  if (signIn === 'none') {
    throw new CommandError(EXIT_CODES.failed, `${api} asks for no sign-in: every command works without one.`);
  }
  if (signIn === 'key') {
    throw new CommandError(
      EXIT_CODES.failed,
      `${api} has no sign-in for people. Set WORKBENCH_TOKEN to a key or a token.`,
    );
  }
  const { url, clientId, scopes } = (issuer ?? {}) as Readonly<Record<string, unknown>>;
  const isComplete =
    typeof url === 'string' &&
    typeof clientId === 'string' &&
    Array.isArray(scopes) &&
    scopes.every((scope) => typeof scope === 'string');
  if (!isComplete) throw unknownIssuer(api);
  return { issuer: url, clientId, scopes };
}

async function requestConfig(url: URL): Promise<{ readonly signIn?: unknown; readonly issuer?: unknown }> {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
  } catch (error) {
    throw new WorkbenchConnectionError(url.href, error);
  }
  const body: unknown = response.ok ? await response.json().catch(() => undefined) : undefined;
  if (typeof body !== 'object' || body === null) throw unknownIssuer(url.origin);
  return body;
}

function unknownIssuer(api: string): CommandError {
  return new CommandError(
    EXIT_CODES.failed,
    `${api} does not say where people sign in. Use the address of the console with /api, or set WORKBENCH_ISSUER and WORKBENCH_CLIENT_ID.`,
  );
}
