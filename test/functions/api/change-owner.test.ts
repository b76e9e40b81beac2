import { describe, expect, it } from 'vitest';
import { itemResponseSchema } from '#contract/response-bodies.ts';
import { buildChangeOwner } from '#functions/api/owner.ts';
import { call, settingsWith, tokenOf } from '../call-api.ts';
import { setUpOwners } from './set-up-owners.ts';
import { withWorkbench } from './with-workbench.ts';

describe('POST /workbenches/{wid}/owner', () => {
  it('of the owner is an offer, and changes the owner of nothing', async () => {
    const { change, get, as } = await setUpOwners();
    const response = await call(change, { ...as('ada'), body: { owner: 'grace' } });
    expect(response).toMatchObject({ status: 200, body: { item: { user_id: 'ada', offered_to: 'grace' } } });
    expect(itemResponseSchema.parse(response.body)).toEqual(response.body);
    const { updated_at, offer_expires_at } = response.body.item;
    expect(Date.parse(offer_expires_at) - Date.parse(updated_at)).toBe(7 * 86_400_000);
    expect((await call(get, as('grace'))).status).toBe(404);
  });

  it('of the owner stays an offer if the body says otherwise', async () => {
    const { change, as } = await setUpOwners();
    const response = await call(change, { ...as('ada'), body: { owner: 'grace', offer: false } });
    expect(response.body.item).toMatchObject({ user_id: 'ada', offered_to: 'grace' });
  });

  it('of an administrator or a trusted backend moves the workbench at once', async () => {
    const scope = settingsWith().RESTAPI_ADMIN_SCOPE;
    for (const caller of [{}, { authorizer: tokenOf('root', { scopes: scope }) }]) {
      const { change, get, as, request } = await setUpOwners();
      const response = await call(change, { ...request, ...caller, body: { owner: 'grace' } });
      expect(response).toMatchObject({ status: 200, body: { item: { user_id: 'grace' } } });
      expect((await call(get, as('ada'))).status).toBe(404);
      expect((await call(get, as('grace'))).status).toBe(200);
    }
  });

  it('of a trusted backend is an offer if the body says so', async () => {
    const { change, request } = await setUpOwners();
    const response = await call(change, { ...request, body: { owner: 'grace', offer: true } });
    expect(response.body.item).toMatchObject({ user_id: 'ada', offered_to: 'grace' });
  });

  it('of another user finds no workbench', async () => {
    const { change, as } = await setUpOwners();
    const response = await call(change, { ...as('eve'), body: { owner: 'eve' } });
    expect(response).toMatchObject({ status: 404, body: { error: { code: 'workbench_not_found' } } });
  });

  it('is 409 for a workbench that is not stopped', async () => {
    const { ports, settings, world, key, request } = await withWorkbench();
    await world.waitForStatus(key, 'running');
    const response = await call(buildChangeOwner(ports, settings), { ...request, body: { owner: 'grace' } });
    expect(response).toMatchObject({ status: 409, body: { error: { code: 'not_stopped' } } });
  });

  it('refuses a body without a valid owner', async () => {
    const { change, request } = await setUpOwners();
    for (const body of [{}, { owner: '' }, { owner: 'a\nb' }, { owner: 'x'.repeat(97) }, { owner: 1 }]) {
      expect((await call(change, { ...request, body })).body.error).toMatchObject({
        code: 'invalid_request',
        fields: { owner: expect.stringMatching(/^a user: 1 to 96 bytes/) },
      });
    }
    const { body } = await call(change, { ...request, body: { owner: 'grace', offer: 'yes', to: 'x' } });
    expect(body.error.fields).toEqual({ offer: 'true or false', to: 'no field of this request' });
  });

  it('respects the limits of the next owner', async () => {
    const { ports, request } = await setUpOwners();
    const limited = settingsWith({ WB_USER_STARTS_PER_MINUTE: '1', WB_USER_WORKBENCHES_MAX: '5' });
    const now = ports.clock.now();
    await ports.startRates.count('grace', now - (now % 60_000), 1);
    const response = await call(buildChangeOwner(ports, limited), { ...request, body: { owner: 'grace' } });
    expect(response).toMatchObject({ status: 429, body: { error: { reason: 'start_rate' } } });
  });
});
