import { describe, expect, it } from 'vitest';
import { parseClientSecret, parseSealKeys } from '#gate/aws/secrets.ts';

const KEY = 'a'.repeat(48);
const OTHER = 'b'.repeat(48);

describe('the keys of sessions', () => {
  it('are one, or two during a rotation, with different ids', () => {
    const one = parseSealKeys(JSON.stringify({ current: KEY }));
    expect(one.previous).toBeUndefined();
    const two = parseSealKeys(JSON.stringify({ current: OTHER, previous: KEY }));
    expect(two.previous?.id).toBe(one.current.id);
    expect(two.current.id).not.toBe(one.current.id);
  });

  it.each(['', '[]', '{}', `{"current":1}`, `{"current":"${KEY}","next":"${OTHER}"}`, `{"current":"short"}`])(
    'are refused in %j by a message without the secret',
    (text) => {
      expect(() => parseSealKeys(text)).toThrow(/^(?!.*(aaa|bbb|short))/);
    },
  );
});

describe('the secret of the client', () => {
  it('is the field `client_secret`', () => {
    expect(parseClientSecret('{"client_secret":"x y","other":1}')).toBe('x y');
  });

  it.each(['', '"s3cret"', '{}', '{"client_secret":""}', '{"client_secret":7}'])(
    'is refused in %j',
    (text) => {
      expect(() => parseClientSecret(text)).toThrow('`client_secret`');
    },
  );
});
