import { isLinkId } from '#core/access/share-links.ts';
import { type Parser, parseFlag } from './parse-request.ts';

/** The id of a link in the path. */
export const parseLinkId: Parser<string> = ({ event }) => {
  const id = event.pathParameters?.link_id ?? '';
  return isLinkId(id) ? { value: id } : { invalid: { link_id: '16 lower-case letters and digits' } };
};

/** `shares` of the deletion of a link: `true` or `false`, false if it is left out. */
export const parseShares: Parser<boolean> = ({ query }) => parseFlag(query, 'shares');
