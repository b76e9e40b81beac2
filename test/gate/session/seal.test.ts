import fc from 'fast-check';
import { SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createSealKeys, SEALED_MAX_LENGTH, Seal, type SealPurpose } from '#gate/session/seal.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

const OLD = 'old-key-'.repeat(5);
const NEW = 'new-key-'.repeat(5);
const PURPOSES: readonly SealPurpose[] = [
  'sign-in-session',
  'workbench-session',
  'sign-in-state',
  'entry',
  'known-browser',
];

function setUp(current = NEW, previous?: string) {
  const clock = new ManualClock();
  const keys = createSealKeys(current, previous);
  return { clock, keys, seal: new Seal(async () => keys, clock) };
}

describe('Seal', () => {
  it('returns what it sealed, until it expires', async () => {
    const { clock, seal } = setUp();
    const sealed = await seal.seal('entry', { sub: 'ada' }, clock.now() + 1_500);
    clock.advance(1_499);
    expect(await seal.unseal('entry', sealed)).toMatchObject({ sub: 'ada' });
    clock.advance(1);
    expect(await seal.unseal('entry', sealed)).toBeUndefined();
  });

  it('unseals values of the previous key, and none of a key before it', async () => {
    const before = setUp(OLD);
    const sealed = await before.seal.seal('entry', { sub: 'ada' }, before.clock.now() + 1_000);
    expect(await setUp(NEW, OLD).seal.unseal('entry', sealed)).toMatchObject({ sub: 'ada' });
    expect(await setUp(NEW).seal.unseal('entry', sealed)).toBeUndefined();
  });

  it('unseals for the purpose of the value only', async () => {
    const { clock, seal } = setUp();
    for (const purpose of PURPOSES) {
      const sealed = await seal.seal(purpose, { sub: 'ada' }, clock.now() + 1_000);
      for (const other of PURPOSES) {
        expect(await seal.unseal(other, sealed))[other === purpose ? 'toBeDefined' : 'toBeUndefined']();
      }
    }
  });

  it('unseals no value that was changed, cut or extended', async () => {
    const { clock, seal } = setUp();
    const sealed = await seal.seal('entry', { sub: 'ada', admin: false }, clock.now() + 1_000);
    const characters = 'AQgw_-.09z='.split('');
    await fc.assert(
      fc.asyncProperty(
        fc.nat(sealed.length - 1),
        fc.constantFrom('change', 'cut', 'insert', 'repeat'),
        fc.constantFrom(...characters),
        async (at, change, character) => {
          const tampered = {
            change: sealed.slice(0, at) + character + sealed.slice(at + 1),
            cut: sealed.slice(0, at),
            insert: sealed.slice(0, at) + character + sealed.slice(at),
            repeat: sealed + sealed.slice(at),
          }[change];
          fc.pre(tampered !== sealed && !hasSameBytes(tampered, sealed));
          expect(await seal.unseal('entry', tampered)).toBeUndefined();
        },
      ),
      { numRuns: 300 },
    );
  });

  it('unseals no random text', async () => {
    const { seal } = setUp();
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.base64String()), async (text) => {
        for (const purpose of PURPOSES) expect(await seal.unseal(purpose, text)).toBeUndefined();
      }),
    );
  });

  it('unseals no token of another algorithm, key, key id or type', async () => {
    const { clock, keys, seal } = setUp();
    const { id, secret } = keys.current;
    const typ = 'wb-entry+jwt';
    const sign = (header: object, key = secret) =>
      new SignJWT({ sub: 'ada' })
        .setExpirationTime(clock.now() / 1000 + 10)
        .setProtectedHeader({ alg: 'HS256', kid: id, typ, ...header })
        .sign(key);
    expect(await seal.unseal('entry', await sign({}))).toBeDefined();
    expect(await seal.unseal('entry', await sign({ typ: 'JWT' }))).toBeUndefined();
    expect(await seal.unseal('entry', await sign({ typ: undefined }))).toBeUndefined();
    expect(await seal.unseal('entry', await sign({ kid: undefined }))).toBeUndefined();
    expect(await seal.unseal('entry', await sign({ kid: 'other' }))).toBeUndefined();
    expect(await seal.unseal('entry', await sign({}, Buffer.from(OLD)))).toBeUndefined();
    expect(await seal.unseal('entry', await sign({ alg: 'HS512' }, Buffer.alloc(64, 1)))).toBeUndefined();
    expect(await seal.unseal('entry', new UnsecuredJWT({ sub: 'ada', exp: 9e9 }).encode())).toBeUndefined();
  });

  it('unseals no value without an expiry', async () => {
    const { keys, seal } = setUp();
    const header = { alg: 'HS256', kid: keys.current.id, typ: 'wb-entry+jwt' };
    const sealed = await new SignJWT({ sub: 'ada' }).setProtectedHeader(header).sign(keys.current.secret);
    expect(await seal.unseal('entry', sealed)).toBeUndefined();
  });

  it('seals nothing that a browser could not store, and unseals nothing longer', async () => {
    const { clock, seal } = setUp();
    const content = { path: 'x'.repeat(SEALED_MAX_LENGTH) };
    await expect(seal.seal('entry', content, clock.now() + 1_000)).rejects.toThrow(/characters/);
    expect(await seal.unseal('entry', 'x'.repeat(1_000_000))).toBeUndefined();
  });

  it('passes on the error of keys that cannot be read', async () => {
    const seal = new Seal(() => Promise.reject(new Error('no keys')), new ManualClock());
    await expect(seal.unseal('entry', 'a.b.c')).rejects.toThrow('no keys');
  });

  it('accepts no short key, and does not show it', () => {
    expect(() => createSealKeys('short-secret')).toThrow(
      /^a key of the gate's cookies has fewer than 32 bytes$/,
    );
    expect(() => createSealKeys(NEW, 'short-secret')).toThrow(/fewer than 32 bytes/);
  });
});

/** Base64url without padding has several spellings of the same bytes: the unused bits of the last character. */
function hasSameBytes(a: string, b: string): boolean {
  const decode = (text: string) =>
    text.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'));
  return decode(a).join('.') === decode(b).join('.');
}
