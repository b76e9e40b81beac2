import { TEXTS } from './texts.ts';

/** With whom a workbench is shared, as the API writes it: `user:ada`, `group:physics` or `organisation`. */
export type GranteeKind = 'user' | 'group' | 'organisation';

export function toGrantee(kind: GranteeKind, name: string): string {
  return kind === 'organisation' ? kind : `${kind}:${name}`;
}

export function describeGrantee(grantee: string): string {
  const [, kind, name = ''] = /^(user|group):(.*)$/s.exec(grantee) ?? [];
  if (kind === 'user') return TEXTS.shares.grantees.user(name);
  return kind === 'group' ? TEXTS.shares.grantees.group(name) : TEXTS.shares.grantees.organisation;
}
