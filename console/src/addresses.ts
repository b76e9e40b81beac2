/**
 * The screens and their addresses. They are in the fragment: the paths of this origin belong to the API, and a fragment is never sent
 * to the server.
 */
export type Screen =
  | { readonly name: 'home' }
  | { readonly name: 'create' }
  | { readonly name: 'workbench'; readonly workbenchId: string; readonly ownerId?: string | undefined }
  | { readonly name: 'usage' }
  | { readonly name: 'admin' }
  | { readonly name: 'unknown' };

const NAMED = ['create', 'usage', 'admin'] as const;

export function toAddress(screen: Screen): string {
  switch (screen.name) {
    case 'home':
      return '#/';
    case 'workbench': {
      const owner = screen.ownerId === undefined ? '' : `?owner=${encodeURIComponent(screen.ownerId)}`;
      return `#/workbenches/${encodeURIComponent(screen.workbenchId)}${owner}`;
    }
    default:
      return `#/${screen.name}`;
  }
}

/** @param fragment with its `#`, or empty */
export function parseAddress(fragment: string): Screen {
  const [path = '', query = ''] = fragment.replace(/^#/, '').split('?');
  if (path === '' || path === '/') return { name: 'home' };
  const named = NAMED.find((name) => path === `/${name}`);
  if (named !== undefined) return { name: named };
  const id = /^\/workbenches\/([a-z0-9]{26})$/.exec(path)?.[1];
  if (id === undefined) return { name: 'unknown' };
  const ownerId = new URLSearchParams(query).get('owner');
  return { name: 'workbench', workbenchId: id, ...(ownerId === null ? {} : { ownerId }) };
}
