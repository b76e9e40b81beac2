import { describe, expect, test } from 'vitest';
import { endSession, readSession, type Storages, writeSession } from '#console/src/session.ts';
import { memoryStorage } from './memory-storage.ts';

function memoryStorages(): Storages & { readonly lastingTexts: () => readonly string[] } {
  const lasting = memoryStorage();
  return { lasting, ofTab: memoryStorage(), lastingTexts: lasting.texts };
}

describe('the session of the console', () => {
  test('is that of the printed commands on a server without a sign-in', () => {
    expect(readSession('none', memoryStorages())).toEqual({ userId: 'me', key: undefined });
  });

  test('keeps the chosen name', () => {
    const storages = memoryStorages();
    writeSession({ userId: 'ada', key: undefined }, storages);
    expect(readSession('none', storages)).toEqual({ userId: 'ada', key: undefined });
  });

  test('needs a key if the server asks for one, which only this tab keeps', () => {
    const storages = memoryStorages();
    expect(readSession('key', storages)).toBeUndefined();
    writeSession({ userId: 'ada', key: 'a-secret' }, storages);
    expect(readSession('key', storages)).toEqual({ userId: 'ada', key: 'a-secret' });
    expect(storages.lastingTexts()).toEqual(['ada']);
    endSession(storages);
    expect(readSession('key', storages)).toBeUndefined();
  });

  test('names no user if the token does', () => {
    const storages = memoryStorages();
    writeSession({ userId: undefined, key: 'a-token' }, storages);
    expect(readSession('key', storages)).toEqual({ userId: undefined, key: 'a-token' });
  });
});
