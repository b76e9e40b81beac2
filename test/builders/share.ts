import type { Share } from '#core/ports/share-store.ts';
import { ID, T0, USER } from './workbench.ts';

/** A share of ID with bob, in the role `use` and without an end. */
export function aShare(change: Partial<Share> = {}): Share {
  return {
    workbenchId: ID,
    grantee: { kind: 'user', userId: 'bob' },
    role: 'use',
    ownerId: USER,
    createdBy: USER,
    createdAt: T0,
    ...change,
  };
}
