import type { Policy } from '#core/workbench/lifecycle/policy.ts';
import { buildCreateWorkbench as buildCreate } from '#functions/api/create-workbench.ts';
import { call, settingsWith, worldWithIds } from '../call-api.ts';

/**
 * A world with one workbench of `ada`, created with this body.
 * @param env settings of the functions that differ from their default
 * @param policy of the controller, as far as it differs from its default
 */
export async function withWorkbench(
  body: Readonly<Record<string, unknown>> = {},
  env: Readonly<Record<string, string>> = {},
  policy: Partial<Policy> = {},
) {
  const { world, ports } = worldWithIds(policy);
  const settings = settingsWith(env);
  const created = await call(buildCreate(ports, settings), { query: 'user_id=ada', body });
  const wid: string = created.body.item.workbench_id;
  const request = { wid, query: 'user_id=ada' };
  return { world, ports, settings, key: { userId: 'ada', workbenchId: wid }, request };
}
