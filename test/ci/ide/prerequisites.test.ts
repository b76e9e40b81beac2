import { expect, test } from 'vitest';
import { describeMissing, type Probe } from '#ci/ide/prerequisites.ts';

const has =
  (...programs: string[]): Probe =>
  (program, _args, input = '') =>
    programs.includes(program) && (input === '' || programs.includes('headers'));

test('says nothing where all is there', () => {
  expect(describeMissing(has('c++', 'make', 'python3', 'headers'), 'linux')).toBeUndefined();
});

test('names everything that is missing, and each package that brings it once', () => {
  expect(describeMissing(has('python3'), 'linux')).toBe(
    [
      'Parts of code-server are compiled on this machine, and that needs what is not here:',
      '  - a C++ compiler (g++)',
      '  - make',
      '  - the headers of Kerberos (gssapi/gssapi.h)',
      'On Debian or Ubuntu: apt-get install -y build-essential libkrb5-dev',
    ].join('\n'),
  );
});

test('misses the headers of Kerberos alone where only they are missing', () => {
  const said = describeMissing(has('c++', 'make', 'python3'), 'linux');
  expect(said).toMatch(/apt-get install -y libkrb5-dev$/);
});

test('names the tools of a Mac on a Mac', () => {
  expect(describeMissing(has(), 'darwin')).toMatch(/xcode-select --install$/);
});
