const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_LENGTH = 10;

/** When a workbench was created, milliseconds since 1970, as its id says; undefined for what is no id. */
export function createdAtOf(workbenchId: string): number | undefined {
  let time = 0;
  if (workbenchId.length <= TIME_LENGTH) return undefined;
  for (const character of workbenchId.slice(0, TIME_LENGTH)) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) return undefined;
    time = time * ALPHABET.length + digit;
  }
  return time;
}
