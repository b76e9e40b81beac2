import type { CreatedLinkItem, FoundLinkItem, LinkItem } from '#contract/share-link-bodies.ts';
import type { FoundLink } from '#core/access/link-commands.ts';
import { formatLinkCode, type LinkCode } from '#core/access/share-links.ts';
import { type GateAddress, urlOfWorkbench } from '#core/gate/gate-host.ts';
import { shareLinkUrlOf } from '#core/gate/share-link-url.ts';
import type { ShareLink } from '#core/ports/share-link-store.ts';
import { toIsoTime } from './present-workbench.ts';

/** The item of the API for a link. It has nothing of the secret, nor its hash. */
export function presentLink(link: ShareLink): LinkItem {
  return {
    link_id: link.linkId,
    ...termsOf(link),
    redeemable_until: toIsoTime(link.redeemableUntil),
    uses: link.uses,
    uses_left: link.usesLeft,
    created_by: link.createdBy,
    created_at: toIsoTime(link.createdAt),
  };
}

/** @param address of the gate; undefined where it asks for no sessions */
export function presentCreatedLink(
  link: ShareLink,
  linkCode: LinkCode,
  address: GateAddress | undefined,
): CreatedLinkItem {
  const code = formatLinkCode(linkCode);
  return {
    ...presentLink(link),
    code,
    ...(address === undefined ? {} : { url: shareLinkUrlOf(address, code) }),
  };
}

export function presentFoundLink({ link, workbench, gives }: FoundLink, address: GateAddress): FoundLinkItem {
  return {
    workbench_id: workbench.workbenchId,
    workbench_name: workbench.name,
    owner_id: workbench.userId,
    shared_by: link.createdBy,
    ...termsOf(link),
    gives: gives !== undefined,
    public_endpoint: `${urlOfWorkbench(address, workbench.workbenchId)}/`,
  };
}

/** What a link gives, as the audit names it, too. */
export function termsOf({ role, expiresAt }: Pick<ShareLink, 'role' | 'expiresAt'>) {
  return { role, ...(expiresAt === undefined ? {} : { expires_at: toIsoTime(expiresAt) }) };
}
