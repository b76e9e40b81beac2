import { SESSION_LIFETIME_MS } from '#core/ports/session-cutoff-store.ts';
import { integer, text } from './setting-kinds.ts';

/** The settings of the groups with which workbenches can be shared. */
export const GROUP_SETTINGS = {
  WB_GROUPS_CLAIM: text({
    description:
      'The claim with the groups of a user, in the tokens of the API and in the ID token of the sign-in at the gate: an array of names, or one name, of at most 128 bytes each. Workbenches can be shared with groups. Of more than 100 groups of a user only the first 100 in alphabetical order count. Without this setting users have no groups.',
    expected: '1 to 128 visible ASCII characters',
    maxLength: 128,
    pattern: /^[\x21-\x7e]+$/,
    readBy: ['authorizer', 'gate'],
  }),
  WB_GROUPS_MAX_AGE_MINUTES: integer({
    description:
      'How long the gate lets the groups of a user count after the sign-in that named them. Then what only a group opens needs a new sign-in, at which an issuer that still knows the user asks for no password, and open WebSockets end. A user who has left a group loses its rights after this time at the latest.',
    unit: 'min',
    min: 5,
    max: SESSION_LIFETIME_MS / 60_000,
    default: SESSION_LIFETIME_MS / 60_000,
    readBy: ['gate'],
  }),
};
