import { expect, test } from 'vitest';
import { describeMissing, type Probe } from '#tools/aws-emulators/python.ts';

const machine =
  (version: string | undefined, modules = true): Probe =>
  (_program, [flag]) => {
    if (version === undefined) return { ok: false, said: '' };
    return flag === '--version' ? { ok: true, said: version } : { ok: modules, said: '' };
  };

test('says nothing where all is there', () => {
  expect(describeMissing(machine('Python 3.11.2'))).toBeUndefined();
  expect(describeMissing(machine('Python 4.0.0'))).toBeUndefined();
});

test('asks for Python where there is none', () => {
  const said = describeMissing(machine(undefined));
  expect(said).toContain('what is not here: python3.');
  expect(said).toMatch(/apt-get install -y python3 python3-venv$/);
});

test.each(['Python 3.10.12', 'Python 2.7.18', 'gibberish'])('does not take %s', (version) => {
  expect(describeMissing(machine(version))).toContain(`Python 3.11 or later (python3 is ${version})`);
});

test('asks for the package that Debian leaves out of Python', () => {
  const said = describeMissing(machine('Python 3.11.2', false));
  expect(said).toContain('venv and ensurepip');
  expect(said).toMatch(/apt-get install -y python3-venv$/);
});
