import { isGroupName } from '../access/grantee.ts';

/** To whom limits apply: every user of the installation, every user of a group, or one user. */
export type QuotaScope =
  | { readonly kind: 'installation' }
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'user'; readonly userId: string };

export const INSTALLATION_SCOPE: QuotaScope = { kind: 'installation' };

/** Returns the text of a scope in the API: `installation`, `group:<name>` or `user:<user id>`. */
export function formatScope(scope: QuotaScope): string {
  switch (scope.kind) {
    case 'installation':
      return 'installation';
    case 'group':
      return `group:${scope.group}`;
    case 'user':
      return `user:${scope.userId}`;
  }
}

/**
 * Parses what `formatScope` returns. Only the first colon separates. Undefined for any other text.
 * @param isUserId whether the installation accepts the text as a user id
 */
export function parseScope(text: string, isUserId: (text: string) => boolean): QuotaScope | undefined {
  if (text === 'installation') return INSTALLATION_SCOPE;
  const name = text.slice(text.indexOf(':') + 1);
  if (text.startsWith('user:')) return isUserId(name) ? { kind: 'user', userId: name } : undefined;
  if (text.startsWith('group:')) return isGroupName(name) ? { kind: 'group', group: name } : undefined;
  return undefined;
}

/** The scopes whose limits can apply to a user. */
export function scopesOf(userId: string, groups: readonly string[]): readonly QuotaScope[] {
  return [
    INSTALLATION_SCOPE,
    ...groups.map((group) => ({ kind: 'group', group }) as const),
    { kind: 'user', userId },
  ];
}
