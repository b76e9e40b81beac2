import { describe, expect, it } from 'vitest';
import { itemResponseSchema } from '#contract/response-bodies.ts';
import { call } from '../call-api.ts';
import { setUpOwners } from './set-up-owners.ts';

describe('POST /workbenches/{wid}/owner/accept', () => {
  it('gives the workbench to the user to whom it is offered', async () => {
    const { change, accept, get, as } = await setUpOwners();
    await call(change, { ...as('ada'), body: { owner: 'grace' } });
    const response = await call(accept, as('grace'));
    expect(response).toMatchObject({ status: 200, body: { item: { user_id: 'grace', status: 'stopped' } } });
    expect(response.body.item).not.toHaveProperty('offered_to');
    expect(itemResponseSchema.parse(response.body)).toEqual(response.body);
    expect((await call(get, as('ada'))).status).toBe(404);
    expect(await call(accept, as('grace'))).toEqual(response);
  });

  it('is 404 for everybody else, and without an offer', async () => {
    const { change, accept, as } = await setUpOwners();
    expect(await call(accept, as('grace'))).toMatchObject({ status: 404 });
    await call(change, { ...as('ada'), body: { owner: 'grace' } });
    expect(await call(accept, as('eve'))).toMatchObject({ status: 404 });
  });

  it.each([
    ['accept', 'POST /workbenches/{wid}/owner/accept', 'accept_owner'],
    ['withdraw', 'DELETE /workbenches/{wid}/owner', 'withdraw_owner_offer'],
  ] as const)('is recorded as a refusal for everybody else: %s', async (endpoint, route, action) => {
    const { ports, change, as, ...endpoints } = await setUpOwners();
    await call(change, { ...as('ada'), body: { owner: 'grace' } });
    await call(endpoints[endpoint], { ...as('eve'), route });
    expect(ports.audit.events.at(-1)).toMatchObject({
      action,
      actor: { kind: 'user', id: 'eve' },
      outcome: 'refused',
      reason: 'no_role',
      ownerId: 'ada',
    });
  });
});
