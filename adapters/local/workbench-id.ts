/**
 * Throws unless this can name a folder: what comes from outside never becomes a path of its own. Lower-case
 * letters, digits and hyphens, 1-63 characters, as in a DNS label.
 */
export function checkWorkbenchId(workbenchId: string): string {
  if (!isWorkbenchId(workbenchId)) throw new RangeError('not the id of a workbench');
  return workbenchId;
}

export function isWorkbenchId(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,62}$/.test(text);
}
