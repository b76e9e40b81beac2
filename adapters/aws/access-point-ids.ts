/** Id of an EFS access point. */
const ACCESS_POINT_ID = /\bfsap-[0-9a-z]+/g;

/**
 * Replaces the ids of access points in a text of AWS. All workbenches share one task role, so the id of an access point is
 * what keeps the files of others away: it must not reach logs or users.
 */
export function hideAccessPointIds(text: string): string {
  return text.replaceAll(ACCESS_POINT_ID, 'fsap-…');
}
