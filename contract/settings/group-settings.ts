import { text } from './setting-kinds.ts';

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
};
