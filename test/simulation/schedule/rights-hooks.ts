import type { AuditStore } from '#core/ports/audit-store.ts';
import type { ShareLinkStore } from '#core/ports/share-link-store.ts';
import type { ShareStore } from '#core/ports/share-store.ts';
import { replaceMethods } from '../invocation.ts';
import type { LinkChecks } from './link-checks.ts';
import type { RequestEvents } from './request-events.ts';
import type { ApiCall, RightsChecks } from './rights-checks.ts';

/** What is checked of rights and of the audit while functions run. */
export interface RightsHooks {
  /** @param requestId the id of the request, or the name of another invocation */
  readonly wrapShares: (inner: ShareStore, requestId: string) => ShareStore;
  readonly wrapLinks: (inner: ShareLinkStore, requestId: string) => ShareLinkStore;
  readonly wrapAudit: (inner: AuditStore) => AuditStore;
  /** Called when the function for a request is invoked. */
  readonly onBegun: (requestId: string) => void;
  /** Called when a function has reported that an audit event could not be stored. */
  readonly onLostEvent: (requestId: string) => void;
  /** Called with each response, before its caller continues. */
  readonly onResponse: (apiCall: ApiCall) => void;
}

/**
 * Wraps the stores of shares, links and audit events so that each change of rights is checked.
 * @param record calls a check and records its violation
 */
export function createRightsHooks(
  { rights, links, events }: { rights: RightsChecks; links: LinkChecks; events: RequestEvents },
  record: (check: () => void) => void,
): RightsHooks {
  return {
    wrapShares: (inner, requestId) =>
      replaceMethods(inner, {
        put: async (share) => {
          await inner.put(share);
          record(() => rights.checkPut(share, requestId));
          record(() => links.checkPut(share, requestId));
        },
        delete: async (key) => {
          await inner.delete(key);
          record(() => rights.checkDeleted(key.workbenchId, key.grantee, requestId));
          record(() => links.checkDeleted(key.workbenchId, key.grantee, requestId));
        },
        deleteByLink: async (key, linkId) => {
          const isKept = !links.isGivenBy(key, linkId);
          await inner.deleteByLink(key, linkId);
          if (isKept) return;
          record(() => rights.checkDeleted(key.workbenchId, key.grantee, requestId));
          record(() => links.checkDeleted(key.workbenchId, key.grantee, requestId));
        },
        deleteAll: async (workbenchId) => {
          await inner.deleteAll(workbenchId);
          record(() => rights.checkDeletedAll(workbenchId));
          links.noteDeletedAll(workbenchId);
        },
      }),
    wrapLinks: (inner, requestId) =>
      replaceMethods(inner, {
        create: async (link) => {
          await inner.create(link);
          record(() => links.checkCreated(link, requestId));
        },
        redeem: async (link, redeemed) => {
          const outcome = await inner.redeem(link, redeemed);
          if (outcome === 'refused') return outcome;
          record(() => rights.checkPut(redeemed.share, requestId));
          record(() => links.checkPut(redeemed.share, requestId));
          return outcome;
        },
        delete: async (key) => {
          await inner.delete(key);
          record(() => links.checkRevoked(key.linkId, requestId));
        },
      }),
    wrapAudit: (inner) =>
      replaceMethods(inner, {
        append: async (event) => {
          await inner.append(event);
          events.note(event);
        },
      }),
    onBegun: (requestId) => events.noteBegun(requestId),
    onLostEvent: (requestId) => events.noteLost(requestId),
    onResponse: (apiCall) => {
      record(() => rights.checkResponse(apiCall));
      record(() => links.checkResponse(apiCall));
    },
  };
}
