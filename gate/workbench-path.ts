import { isWorkbenchId } from '#core/ports/ids.ts';

/** A parsed request target of the workbenches' origin. */
export type WorkbenchPath =
  | {
      readonly kind: 'workbench';
      readonly workbenchId: string;
      readonly prefix: string;
      readonly rest: string;
    }
  /** The URL of a workbench without the final slash. Relative links of its pages would be wrong. */
  | { readonly kind: 'missing_slash'; readonly location: string }
  | { readonly kind: 'index' }
  | { readonly kind: 'unknown' };

/** @param target the request target in origin form, `/path?query` */
export function parseWorkbenchPath(target: string): WorkbenchPath {
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  const search = query === -1 ? '' : target.slice(query);
  if (path === '/') return { kind: 'index' };
  const [, first, workbenchId, ...more] = path.split('/');
  if (first !== 'project' || workbenchId === undefined || !isWorkbenchId(workbenchId))
    return { kind: 'unknown' };
  const prefix = `/project/${workbenchId}`;
  if (more.length === 0) return { kind: 'missing_slash', location: `${prefix}/${search}` };
  return { kind: 'workbench', workbenchId, prefix, rest: `/${more.join('/')}${search}` };
}
