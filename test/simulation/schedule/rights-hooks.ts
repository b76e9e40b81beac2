import { replaceMethods } from '../invocation.ts';
import type { RightsHooks } from './controller.ts';
import type { LinkChecks } from './link-checks.ts';
import type { RequestEvents } from './request-events.ts';
import type { RightsChecks } from './rights-checks.ts';

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
