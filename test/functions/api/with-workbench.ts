import { build as buildCreate } from '#functions/api/create-workbench.ts';
import { call, settingsWith, worldWithIds } from '../call-api.ts';

/** A world with one workbench of `ada`, just created with this body. */
export async function withWorkbench(body: Readonly<Record<string, unknown>> = {}) {
  const { world, ports } = worldWithIds();
  const settings = settingsWith();
  const created = await call(buildCreate(ports, settings), { query: 'user_id=ada', body });
  const wid: string = created.body.item.workbench_id;
  const request = { wid, query: 'user_id=ada' };
  return { world, ports, settings, key: { userId: 'ada', workbenchId: wid }, request };
}

/** Bodies and content types that an endpoint without a body does not look at. */
export const IGNORED_BODIES = [
  {},
  { body: '{' },
  { body: '{"__proto__":1}', headers: { 'content-type': 'application/json' } },
  { body: 'x'.repeat(70_000), headers: { 'content-type': 'text/plain' } },
];
