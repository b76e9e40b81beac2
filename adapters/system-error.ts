import { constants } from 'node:os';

/** Codes that Node.js (libuv) does not name: it reports `Unknown system error -122`. */
const UNNAMED = new Map([[-constants.errno.EDQUOT, 'EDQUOT']]);

/** The code of a system error (`ENOENT`, `EACCES`, …); empty for any other value. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return '';
  const unnamed = 'errno' in error && typeof error.errno === 'number' ? UNNAMED.get(error.errno) : undefined;
  return unnamed ?? error.code;
}
