import { describe, expect, it } from 'vitest';
import { call } from '../call-api.ts';
import { setUpOwners } from './set-up-owners.ts';

describe('DELETE /workbenches/{wid}/owner', () => {
  it.each(['ada', 'grace'])('ends the offer to grace for %s', async (user) => {
    const { change, accept, withdraw, get, as } = await setUpOwners();
    await call(change, { ...as('ada'), body: { owner: 'grace' } });
    expect(await call(withdraw, as(user))).toMatchObject({ status: 200, body: { success: true } });
    expect((await call(get, as('ada'))).body.item).not.toHaveProperty('offered_to');
    expect((await call(accept, as('grace'))).status).toBe(404);
  });

  it('has no effect without an offer, and is 404 for everybody else', async () => {
    const { withdraw, as } = await setUpOwners();
    expect((await call(withdraw, as('ada'))).status).toBe(200);
    expect((await call(withdraw, as('grace'))).status).toBe(404);
  });
});
