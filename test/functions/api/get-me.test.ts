import { describe, expect, it } from 'vitest';
import { meResponseSchema } from '#contract/response-bodies.ts';
import { readSettings } from '#contract/settings/read-settings.ts';
import { buildGetMe } from '#functions/api/get-me.ts';
import { call, settingsWith, tokenOf, worldWithIds } from '../call-api.ts';

const EXPIRES_AT = '2100-01-01T00:00:00.000Z';
const expires_at = String(Date.parse(EXPIRES_AT) / 1000);

function setUp() {
  return buildGetMe(worldWithIds().ports, settingsWith());
}

describe('GET /me', () => {
  it('returns the user of a token with its groups, scopes and expiry', async () => {
    const groups = JSON.stringify(['research', 'ops']);
    const authorizer = tokenOf('ada', { groups, scopes: 'openid profile', expires_at, client_id: 'portal' });
    const { status, body } = await call(setUp(), { authorizer });
    expect(status).toBe(200);
    expect(meResponseSchema.safeParse(body).error).toBeUndefined();
    expect(body.item).toEqual({
      user_id: 'ada',
      authorization: 'token',
      groups: ['research', 'ops'],
      scopes: ['openid', 'profile'],
      admin: false,
      acts_for_others: false,
      expires_at: EXPIRES_AT,
    });
  });

  it('returns no groups to an administrator who acts for another user', async () => {
    const authorizer = tokenOf('root', { groups: '["ops"]', scopes: 'workbench:admin' });
    const { body } = await call(setUp(), { authorizer, query: 'user_id=ada' });
    expect(body.item).toMatchObject({ user_id: 'ada', groups: [], admin: true, acts_for_others: true });
  });

  it('says of a service that it acts for others but is no operator', async () => {
    const authorizer = tokenOf(undefined, { service: 'true' });
    const { body } = await call(setUp(), { authorizer, query: 'user_id=ada' });
    expect(body.item).toMatchObject({ user_id: 'ada', admin: false, acts_for_others: true });
  });

  it('does not say of a user whose token a service client obtained that it acts for others', async () => {
    const { body } = await call(setUp(), { authorizer: tokenOf('ada', { service: 'true' }) });
    expect(body.item).toMatchObject({ user_id: 'ada', acts_for_others: false });
  });

  it('returns how the request was authorized: by the static key, or not at all', async () => {
    const operator = { user_id: 'ada', groups: [], scopes: [], admin: true, acts_for_others: true };
    expect((await call(setUp(), { query: 'user_id=ada' })).body.item).toEqual({
      ...operator,
      authorization: 'static_key',
    });
    const open = buildGetMe(
      worldWithIds().ports,
      readSettings({ RESTAPI_AUTH: 'none', BASE_URL: 'https://wb.example.com' }),
    );
    expect((await call(open, { query: 'user_id=ada', authorizer: undefined })).body.item).toEqual({
      ...operator,
      authorization: 'none',
    });
  });

  it('refuses another user, an expired token and a missing user', async () => {
    const handler = setUp();
    expect((await call(handler, { authorizer: tokenOf('ada'), query: 'user_id=bob' })).status).toBe(403);
    expect((await call(handler, { authorizer: tokenOf('ada', { expires_at: '1' }) })).status).toBe(403);
    expect((await call(handler)).status).toBe(400);
  });
});
