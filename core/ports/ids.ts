/** Generates identifiers. Deterministic in the simulation, random otherwise. */
export interface Ids {
  /**
   * A new workbench id: 10 characters of time, then 16 random characters (80 bits), Crockford base 32 in lower
   * case. Sorts by creation time; valid as a path segment and a DNS label. Never reused.
   * @param now milliseconds since 1970
   */
  workbenchId(now: number): string;
  /** A new run id: 16 characters (80 random bits), same alphabet. */
  runId(): string;
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_LENGTH = 10;

/** The creation time encoded in a workbench id, milliseconds since 1970; undefined if the text is not a workbench id. */
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

/** 26 characters: what `Ids.workbenchId` returns. */
export const WORKBENCH_ID_PATTERN = /^[0-9a-hjkmnp-tv-z]{26}$/;

export function isWorkbenchId(text: string): boolean {
  return WORKBENCH_ID_PATTERN.test(text);
}
