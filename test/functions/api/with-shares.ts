import {
  buildDeleteShare as buildDelete,
  buildListShares as buildList,
  buildSetShare as buildSet,
} from '#functions/api/shares.ts';
import { type Call, call, settingsWith } from '../call-api.ts';
import { withWorkbench } from './with-workbench.ts';

/** A world with one workbench of `ada`, and the routes of its shares. */
export async function withShares(env: Readonly<Record<string, string>> = {}) {
  const found = await withWorkbench();
  const settings = settingsWith(env);
  const { ports, request } = found;
  const [set, list, remove] = [
    buildSet(ports, settings),
    buildList(ports, settings),
    buildDelete(ports, settings),
  ];
  return {
    ...found,
    settings,
    set: (grantee: string, body: object, more: Partial<Call> = {}) =>
      call(set, {
        ...request,
        grantee,
        body,
        route: 'PUT /workbenches/{wid}/shares/{grantee}',
        ...more,
      }),
    list: (more: Partial<Call> = {}) =>
      call(list, { ...request, route: 'GET /workbenches/{wid}/shares', ...more }),
    remove: (grantee: string, more: Partial<Call> = {}) =>
      call(remove, {
        ...request,
        grantee,
        route: 'DELETE /workbenches/{wid}/shares/{grantee}',
        ...more,
      }),
  };
}
