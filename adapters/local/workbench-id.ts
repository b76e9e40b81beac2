/**
 * Checks that an id can be used as a folder name, so that input never becomes a path: lower-case letters, digits
 * and hyphens, 1-63 characters, as in a DNS label.
 * @throws RangeError
 */
export function checkWorkbenchId(workbenchId: string): string {
  if (!isFolderName(workbenchId)) throw new RangeError('invalid workbench id');
  return workbenchId;
}

export function isFolderName(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,62}$/.test(text);
}
