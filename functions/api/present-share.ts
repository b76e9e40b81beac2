import type { ShareItem } from '#contract/share-bodies.ts';
import { formatGrantee, type Grantee } from '#core/access/grantee.ts';
import type { AuditSubject } from '#core/audit/audit-event.ts';
import type { Share } from '#core/ports/share-store.ts';
import { toIsoTime } from './present-workbench.ts';

/** The item of the API for a share. */
export function presentShare({ grantee, role, expiresAt, linkId, createdBy, createdAt }: Share): ShareItem {
  return {
    grantee: formatGrantee(grantee),
    role,
    ...(expiresAt === undefined ? {} : { expires_at: toIsoTime(expiresAt) }),
    ...(linkId === undefined ? {} : { link_id: linkId }),
    shared_by: createdBy,
    shared_at: toIsoTime(createdAt),
  };
}

/** The grantee as audit events name it. */
export function auditSubjectOf(grantee: Grantee): AuditSubject {
  switch (grantee.kind) {
    case 'user':
      return { kind: 'user', id: grantee.userId };
    case 'group':
      return { kind: 'group', id: grantee.group };
    case 'organisation':
      return { kind: 'organisation' };
  }
}
