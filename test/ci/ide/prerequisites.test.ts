import { expect, test } from 'vitest';
import { describeMissing, type Probe } from '#ci/ide/prerequisites.ts';

const probeWith =
  (...programs: string[]): Probe =>
  (program, _args, input = '') =>
    programs.includes(program) && (input === '' || programs.includes('headers'));

test('returns undefined if nothing is missing', () => {
  expect(describeMissing(probeWith('c++', 'make', 'python3', 'headers'), 'linux')).toBeUndefined();
});

test('lists everything that is missing, and each package once', () => {
  expect(describeMissing(probeWith('python3'), 'linux')).toBe(
    [
      'Compiling code-server requires:',
      '  - a C++ compiler (g++)',
      '  - make',
      '  - the headers of Kerberos (gssapi/gssapi.h)',
      'On Debian or Ubuntu: apt-get install -y build-essential libkrb5-dev',
    ].join('\n'),
  );
});

test('lists only the headers of Kerberos if only they are missing', () => {
  const message = describeMissing(probeWith('c++', 'make', 'python3'), 'linux');
  expect(message).toMatch(/apt-get install -y libkrb5-dev$/);
});

test('suggests the command line tools of Xcode on macOS', () => {
  expect(describeMissing(probeWith(), 'darwin')).toMatch(/xcode-select --install$/);
});
