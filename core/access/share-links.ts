import { isWorkbenchId } from '../ports/ids.ts';
import type { ShareLinkKey } from '../ports/share-link-store.ts';

/** How long a link without an end can be redeemed, milliseconds. */
export const LINK_VALID_MS = 7 * 24 * 60 * 60 * 1000;

/** What is in a link: where it is stored, and the secret that proves that the owner has given it away. */
export interface LinkCode extends ShareLinkKey {
  readonly secret: string;
}

/** 16 characters: what `Ids.runId` returns. */
export const LINK_ID_PATTERN = '^[0-9a-hjkmnp-tv-z]{16}$';

/** The characters of a code. */
export const LINK_CODE_LENGTH = 26 + 1 + 16 + 1 + 43;

const LINK_ID = new RegExp(LINK_ID_PATTERN);
const SECRET = /^[A-Za-z0-9_-]{43}$/;

export function isLinkId(text: string): boolean {
  return LINK_ID.test(text);
}

/** Returns the code that a link carries: workbench id, link id and secret, separated by dots. */
export function formatLinkCode({ workbenchId, linkId, secret }: LinkCode): string {
  return `${workbenchId}.${linkId}.${secret}`;
}

/** Parses what `formatLinkCode` returns; undefined for any other text. */
export function parseLinkCode(text: string): LinkCode | undefined {
  if (text.length !== LINK_CODE_LENGTH) return undefined;
  const [workbenchId = '', linkId = '', secret = '', ...more] = text.split('.');
  if (more.length > 0 || !isWorkbenchId(workbenchId) || !isLinkId(linkId) || !SECRET.test(secret))
    return undefined;
  return { workbenchId, linkId, secret };
}
