import { build as buildCreate } from '#functions/api/create-workbench.ts';
import { call, settingsWith, worldWithIds } from '../call-api.ts';

/** A world with one workbench of `ada`, created with this body. @param env settings that differ from their default */
export async function withWorkbench(
  body: Readonly<Record<string, unknown>> = {},
  env: Readonly<Record<string, string>> = {},
) {
  const { world, ports } = worldWithIds();
  const settings = settingsWith(env);
  const created = await call(buildCreate(ports, settings), { query: 'user_id=ada', body });
  const wid: string = created.body.item.workbench_id;
  const request = { wid, query: 'user_id=ada' };
  return { world, ports, settings, key: { userId: 'ada', workbenchId: wid }, request };
}
