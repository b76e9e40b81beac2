import { isWorkbenchId } from '#contract/parameters.ts';

/** What a request on the workbenches' origin asks for. */
export type WorkbenchPath =
  | {
      readonly kind: 'workbench';
      readonly workbenchId: string;
      readonly prefix: string;
      readonly rest: string;
    }
  /** The workbench's own address without its slash, to which its relative addresses would not fit. */
  | { readonly kind: 'missing_slash'; readonly location: string }
  | { readonly kind: 'index' }
  | { readonly kind: 'unknown' };

/**
 * @param target the request's target in origin form, `/path?query`
 */
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
