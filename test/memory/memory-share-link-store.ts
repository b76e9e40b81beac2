import type { RedeemedShare, ShareLink, ShareLinkKey, ShareLinkStore } from '#core/ports/share-link-store.ts';
import type { Share, ShareKey } from '#core/ports/share-store.ts';
import { deepFreeze } from './memory-workbench-store.ts';

/** A ShareLinkStore in memory. Expired links remain. */
export class MemoryShareLinkStore implements ShareLinkStore {
  readonly #shares: { find(key: ShareKey): Share | undefined; set(share: Share): void };
  readonly #links = new Map<string, ShareLink>();

  constructor(shares: { find(key: ShareKey): Share | undefined; set(share: Share): void }) {
    this.#shares = shares;
  }

  async create(link: ShareLink): Promise<void> {
    this.#links.set(keyTextOf(link), deepFreeze(structuredClone(link)));
  }

  async read(key: ShareLinkKey): Promise<ShareLink | undefined> {
    return this.#links.get(keyTextOf(key));
  }

  async listByWorkbench(workbenchId: string): Promise<readonly ShareLink[]> {
    return [...this.#links.values()].filter((link) => link.workbenchId === workbenchId);
  }

  async redeem(read: ShareLink, { share, replaces }: RedeemedShare): Promise<'done' | 'refused'> {
    const link = this.#links.get(keyTextOf(read));
    if (link === undefined || link.usesLeft < 1 || link.usesLeft !== read.usesLeft) return 'refused';
    if (this.#shares.find(share)?.createdAt !== replaces?.createdAt) return 'refused';
    this.#links.set(keyTextOf(read), deepFreeze({ ...link, usesLeft: link.usesLeft - 1 }));
    this.#shares.set(share);
    return 'done';
  }

  async delete(key: ShareLinkKey): Promise<void> {
    this.#links.delete(keyTextOf(key));
  }

  deleteAll(workbenchId: string): void {
    for (const [key, link] of this.#links) if (link.workbenchId === workbenchId) this.#links.delete(key);
  }
}

function keyTextOf({ workbenchId, linkId }: ShareLinkKey): string {
  return `${workbenchId} ${linkId}`;
}
