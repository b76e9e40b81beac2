import { isUserId } from '#contract/parameters.ts';
import { type Grantee, parseGrantee } from '#core/access/grantee.ts';
import type { Parser } from './parse-request.ts';

const GRANTEE_EXPECTED = '`user:<user id>`, `group:<name>` or `organisation`';

/** The grantee in the path, which the gateway has decoded once. */
export const parseGranteeParameter: Parser<Grantee> = ({ event }) => {
  const grantee = parseGrantee(event.pathParameters?.grantee ?? '', isUserId);
  return grantee === undefined ? { invalid: { grantee: GRANTEE_EXPECTED } } : { value: grantee };
};
