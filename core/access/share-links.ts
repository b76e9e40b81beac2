import type { ShareLinkKey } from '../ports/share-link-store.ts';

/** How long a link without an end can be redeemed, milliseconds. */
export const LINK_VALID_MS = 7 * 24 * 60 * 60 * 1000;

/** What is in a link: where it is stored, and the secret that proves that the owner has given it away. */
export interface LinkCode extends ShareLinkKey {
  readonly secret: string;
}

/** 16 characters: what `Ids.runId` returns. */
export const LINK_ID_PATTERN = '^[0-9a-hjkmnp-tv-z]{16}$';

/** What `formatLinkCode` returns. */
export const LINK_CODE_PATTERN = /^[0-9a-hjkmnp-tv-z]{26}\.[0-9a-hjkmnp-tv-z]{16}\.[A-Za-z0-9_-]{43}$/;

const LINK_ID = new RegExp(LINK_ID_PATTERN);

export function isLinkId(text: string): boolean {
  return LINK_ID.test(text);
}

/** Returns the code that a link carries: workbench id, link id and secret, separated by dots. */
export function formatLinkCode({ workbenchId, linkId, secret }: LinkCode): string {
  return `${workbenchId}.${linkId}.${secret}`;
}

/** Parses what `formatLinkCode` returns; undefined for any other text. */
export function parseLinkCode(text: string): LinkCode | undefined {
  if (!LINK_CODE_PATTERN.test(text)) return undefined;
  const [workbenchId = '', linkId = '', secret = ''] = text.split('.');
  return { workbenchId, linkId, secret };
}
