import { type Grantee, granteeKey } from '#core/access/grantee.ts';
import type { Share, ShareKey, ShareStore } from '#core/ports/share-store.ts';
import { MemoryShareLinkStore } from './memory-share-link-store.ts';
import { deepFreeze } from './memory-workbench-store.ts';

/** A ShareStore in memory. Expired shares remain. */
export class MemoryShareStore implements ShareStore {
  /** The links of the workbenches, which are deleted with them. */
  readonly links = new MemoryShareLinkStore(this);
  /** Workbench id → key of the grantee → share. */
  readonly #workbenches = new Map<string, Map<string, Share>>();

  async put(share: Share): Promise<void> {
    this.set(share);
  }

  async read(keys: readonly ShareKey[]): Promise<readonly Share[]> {
    const found = keys.map(({ workbenchId, grantee }) =>
      this.#workbenches.get(workbenchId)?.get(granteeKey(grantee)),
    );
    return [...new Set(found)].filter((share) => share !== undefined);
  }

  async listByWorkbench(workbenchId: string): Promise<readonly Share[]> {
    return [...(this.#workbenches.get(workbenchId)?.values() ?? [])];
  }

  async listByGrantee(
    grantee: Grantee,
    { limit, after }: { limit: number; after?: string },
  ): Promise<readonly string[]> {
    const key = granteeKey(grantee);
    return [...this.#workbenches]
      .filter(([id, shares]) => shares.has(key) && (after === undefined || id < after))
      .map(([id]) => id)
      .sort()
      .reverse()
      .slice(0, limit);
  }

  async delete({ workbenchId, grantee }: ShareKey): Promise<void> {
    this.#workbenches.get(workbenchId)?.delete(granteeKey(grantee));
  }

  async deleteByLink(key: ShareKey, linkId: string): Promise<void> {
    if (this.find(key)?.linkId === linkId) await this.delete(key);
  }

  async deleteAll(workbenchId: string): Promise<void> {
    this.#workbenches.delete(workbenchId);
    this.links.deleteAll(workbenchId);
  }

  /** The share of this key, at once. */
  find({ workbenchId, grantee }: ShareKey): Share | undefined {
    return this.#workbenches.get(workbenchId)?.get(granteeKey(grantee));
  }

  /** Writes the share at once. */
  set(share: Share): void {
    const shares = this.#workbenches.get(share.workbenchId) ?? new Map<string, Share>();
    this.#workbenches.set(share.workbenchId, shares);
    shares.set(granteeKey(share.grantee), deepFreeze(structuredClone(share)));
  }
}
