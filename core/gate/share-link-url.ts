/** The page on the sign-in host at which a link is redeemed, and the one to which a sign-in for it returns. */
export const SHARE_LINK_PATH = '/.wb/share';
export const SHARE_LINK_RETURN_PATH = '/.wb/share/continue';

/** The address of the sign-in host, as in `GateAddress`. */
interface SignInAddress {
  readonly signInOrigin: string;
  readonly path: string;
}

/**
 * Returns the address of a link. The code is in the fragment: browsers send it neither to a server nor in `Referer`, so that no log
 * and no other page gets it.
 */
export function shareLinkUrlOf({ signInOrigin, path }: SignInAddress, code: string): string {
  return `${signInOrigin}${path}${SHARE_LINK_PATH}#${code}`;
}

/** Returns the URL to which a sign-in returns that was begun for a link. */
export function shareLinkReturnUrlOf({ signInOrigin, path }: SignInAddress): string {
  return `${signInOrigin}${path}${SHARE_LINK_RETURN_PATH}`;
}
