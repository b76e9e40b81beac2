import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { runTokenOf } from '#adapters/run-token.ts';
import type { WorkbenchItem } from '#contract/response-bodies.ts';
import { startIssuer } from '#test/functions/authorizer/issuer.ts';
import { attackServer, mapInParallel } from '../attacked-server.ts';
import {
  actsAsAdministrator,
  CALLERS,
  type Caller,
  expectedOf,
  listCases,
  type MatrixCase,
  SERVICE_CLIENT,
  USERS,
  type Whose,
} from './matrix.ts';

const STATIC_KEY = 'a-static-key-of-the-attacked-server';
const SECRET = 'an-hs256-secret-of-the-attacked-server';
/** Well-formed, but of no workbench. */
const UNKNOWN_ID = '00000000000000000000000000';
const UNKNOWN_LINK = '0'.repeat(16);
const UNKNOWN_CODE = `${UNKNOWN_ID}.${UNKNOWN_LINK}.${'A'.repeat(43)}`;

interface Body {
  readonly item?: WorkbenchItem;
  readonly items?: readonly Partial<WorkbenchItem>[];
  readonly error?: { readonly code: string };
}

test('every caller gets at every route what it may, and nothing of another user', async ({
  onTestFinished,
}) => {
  const issuer = await startIssuer();
  onTestFinished(() => issuer.close());
  const key = await issuer.newKey('one');
  issuer.publish(key);
  const settings = {
    RESTAPI_AUTH_STATIC_KEY: STATIC_KEY,
    RESTAPI_AUTH_JWT_KEY: SECRET,
    RESTAPI_OIDC_ISSUER: issuer.issuer,
    RESTAPI_OIDC_AUDIENCE: issuer.audience,
    RESTAPI_OIDC_JWKS_URL: issuer.jwksUrl,
    RESTAPI_OIDC_SERVICE_CLIENTS: SERVICE_CLIENT,
    // Nothing needs to become ready, and few need to run.
    WB_BOOT_COMMAND: 'exec sleep 1000',
    WB_LOCAL_MAX_RUNNING: '1',
  };
  const lifetime = { exp: Math.floor(Date.now() / 1000) + 3600 };
  const signOwn = (claims: Readonly<Record<string, unknown>>) =>
    new SignJWT({ ...lifetime, ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(SECRET));
  const bearerOf = async ({ token, header }: Caller): Promise<string | undefined> => {
    if (token?.signer === 'secret') return signOwn(token.claims);
    if (token !== undefined) return issuer.sign(key, Date.now(), { ...lifetime, ...token.claims });
    if (header === undefined || header === 'token of a run') return undefined;
    return header === 'static key' ? STATIC_KEY : `${STATIC_KEY}x`;
  };
  const bearers = new Map(
    await Promise.all(CALLERS.map(async (caller) => [caller, await bearerOf(caller)] as const)),
  );

  await attackServer(settings, async ({ api, dataDir }) => {
    const runKey = (await readFile(join(dataDir, 'run-key'), 'utf8')).trim();
    const send = async (
      method: string,
      path: string,
      bearer: string | undefined,
      content?: object,
    ): Promise<{ readonly status: number; readonly body: Body }> => {
      const response = await fetch(`${api}${path}`, {
        method,
        headers: {
          ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
          ...(content === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(content === undefined ? {} : { body: JSON.stringify(content) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Body) };
    };
    const create = async (user: string): Promise<string> => {
      const { body } = await send('POST', `/workbenches?user_id=${user}`, STATIC_KEY, {});
      if (body.item === undefined) throw new Error(`no workbench was created: ${JSON.stringify(body)}`);
      return body.item.workbench_id;
    };
    const kept: Readonly<Record<Whose, string>> = {
      own: await create(USERS.own),
      other: await create(USERS.other),
      none: UNKNOWN_ID,
    };

    const runToken = runTokenOf(runKey, { workbenchId: kept.own, runId: '0'.repeat(16) });

    /** Sends the request of a case. Returns what differs from the expectation, or undefined. */
    const run = async (each: MatrixCase, index: number): Promise<string | undefined> => {
      const { caller, route, workbench, userId } = each;
      const owner = workbench === 'other' ? USERS.other : USERS.own;
      const isDelete = route.method === 'DELETE' && workbench !== 'none';
      const id = isDelete ? await create(owner) : kept[workbench ?? 'none'];
      const query = userId === 'none' ? '' : `?user_id=${USERS[userId]}`;
      const name = `renamed in case ${index}`;
      const contents: Readonly<Record<string, object>> = {
        updateWorkbench: { workbench_name: name },
        setShare: { role: 'use' },
        createShareLink: { role: 'use' },
        previewShareLink: { code: UNKNOWN_CODE },
        redeemShareLink: { code: UNKNOWN_CODE },
        changeOwner: { owner: 'mallory', offer: true },
        extendWorkbench: { minutes: 60 },
        reportActivity: { last_activity: new Date().toISOString() },
        setQuota: { running: 7 },
        startSweep: { sweep: 'quotas' },
      };
      const content = contents[route.operationId];
      const path = `${route.path.replace('{wid}', id).replace('{grantee}', 'user%3Amallory').replace('{link_id}', UNKNOWN_LINK).replace('{machine_id}', 'no-machine').replace('{scope}', 'user%3Amallory')}${query}`;
      const bearer = caller.header === 'token of a run' ? runToken : bearers.get(caller);
      const { status, body } = await send(route.method, path, bearer, content);

      const expected = expectedOf(each);
      const actingUser = userId === 'other' ? USERS.other : USERS.own;
      const seen = [body.item, ...(body.items ?? [])].map((item) => item?.user_id);
      // An administrator sees the workbenches of others, and only when the matrix says so.
      const isForeign =
        !actsAsAdministrator(each) && seen.some((user) => user !== undefined && user !== actingUser);
      // The computer must not be drained: nothing would start. Only operators learn that there is no such machine.
      const isUnknown = route.path.includes('{machine_id}') || route.path.startsWith('/share-links/');
      // Only those who may use these routes learn that a workbench does not run.
      const needsRun = ['extendWorkbench', 'reportActivity'].includes(route.operationId);
      const isAllowed =
        status < 300 ||
        (isUnknown && status === 404) ||
        (needsRun && body.error?.code === 'not_running') ||
        body.error?.code === 'not_deleted';
      const isExpected = expected === 'allowed' ? isAllowed : status === expected;
      if (!isExpected || isForeign || (expected !== 'allowed' && seen.some((user) => user !== undefined))) {
        return `${caller.name}: ${route.method} ${path}: ${status}, not ${expected} ${JSON.stringify(body)}`;
      }
      if (expected === 'allowed' || workbench === undefined || workbench === 'none') return undefined;
      if (route.operationId !== 'updateWorkbench' && route.operationId !== 'deleteWorkbench')
        return undefined;
      const after = await send('GET', `/workbenches/${id}?user_id=${owner}`, STATIC_KEY);
      const isUnchanged =
        after.body.item?.desired_status !== 'deleted' && after.body.item?.workbench_name !== name;
      return after.status === 200 && isUnchanged
        ? undefined
        : `${caller.name}: ${route.method} ${path} acted`;
    };

    const cases = listCases();
    const differences = await mapInParallel(cases, 4, run);
    expect(differences.filter((difference) => difference !== undefined)).toEqual([]);
    expect(cases.length).toBeGreaterThan(1000);
  });
});
