import { expect, test } from 'vitest';
import { describeMissing, type Probe } from '#tools/python/missing-python.ts';

const probeWith =
  (version: string | undefined, modules = true): Probe =>
  (_program, [flag]) => {
    if (version === undefined) return { ok: false, output: '' };
    return flag === '--version' ? { ok: true, output: version } : { ok: modules, output: '' };
  };

test('returns undefined if nothing is missing', () => {
  expect(describeMissing('JupyterHub', probeWith('Python 3.11.2'))).toBeUndefined();
  expect(describeMissing('JupyterHub', probeWith('Python 4.0.0'))).toBeUndefined();
});

test('requires Python', () => {
  const output = describeMissing('JupyterHub', probeWith(undefined));
  expect(output).toContain('Installing JupyterHub into a folder of this project requires python3.');
  expect(output).toMatch(/apt-get install -y python3 python3-venv$/);
});

test.each(['Python 3.10.12', 'Python 2.7.18', 'gibberish'])('rejects %s', (version) => {
  expect(describeMissing('JupyterHub', probeWith(version))).toContain(
    `Python 3.11 or later (python3 is ${version})`,
  );
});

test('requires the package that Debian splits off from Python', () => {
  const output = describeMissing('JupyterHub', probeWith('Python 3.11.2', false));
  expect(output).toContain('venv and ensurepip');
  expect(output).toMatch(/apt-get install -y python3-venv$/);
});
