import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  gateAddressOf,
  isLocalPath,
  originOfWorkbench,
  parseGateHost,
  parseReturnUrl,
  RETURN_PATH_MAX,
  urlOfWorkbench,
} from '#core/gate/gate-host.ts';
import { ID, idAt, T0 } from '#test/builders/workbench.ts';
import { propertyRuns } from '#test/set-up/property-runs.ts';

const PLAIN = gateAddressOf(new URL('https://wb.example'), 'host');
const WITH_PORT = gateAddressOf(new URL('https://wb.example:8443'), 'host');
const LOCAL = gateAddressOf(new URL('http://127.0.0.1:9000'), 'host');
const PREFIX = gateAddressOf(new URL('https://wb.example/lab/'), 'prefix');
const SIGN_IN = { kind: 'sign_in_host' };
const WORKBENCH = { kind: 'workbench_host', workbenchId: ID };

describe('the address of the gate', () => {
  test('gives each workbench a host, on the port of the gate', () => {
    expect(urlOfWorkbench(PLAIN, ID)).toBe(`https://${ID}.wb.example`);
    expect(urlOfWorkbench(WITH_PORT, ID)).toBe(`https://${ID}.wb.example:8443`);
    expect(urlOfWorkbench(LOCAL, ID)).toBe(`http://${ID}.localhost:9000`);
    expect(urlOfWorkbench(gateAddressOf(new URL('http://[::1]:9000'), 'host'), ID)).toBe(
      `http://${ID}.localhost:9000`,
    );
  });

  test('gives each workbench a path in prefix mode', () => {
    expect(urlOfWorkbench(PREFIX, ID)).toBe(`https://wb.example/lab/project/${ID}`);
    expect(originOfWorkbench(PREFIX, ID)).toBe('https://wb.example');
  });

  test('is an http or https URL', () => {
    expect(() => gateAddressOf(new URL('ftp://wb.example'), 'host')).toThrow(TypeError);
  });
});

describe('the Host header', () => {
  test.each([
    ['wb.example', PLAIN, SIGN_IN],
    ['WB.Example', PLAIN, SIGN_IN],
    ['wb.example:443', PLAIN, SIGN_IN],
    [`${ID}.wb.example`, PLAIN, WORKBENCH],
    [`${ID.toUpperCase()}.WB.example:443`, PLAIN, WORKBENCH],
    ['wb.example:8443', WITH_PORT, SIGN_IN],
    [`${ID}.wb.example:8443`, WITH_PORT, WORKBENCH],
    ['127.0.0.1:9000', LOCAL, SIGN_IN],
    [`${ID}.localhost:9000`, LOCAL, WORKBENCH],
    ['wb.example', PREFIX, SIGN_IN],
  ])('%s is known', (host, address, expected) => {
    expect(parseGateHost([host], '/', address)).toEqual(expected);
  });

  test.each([
    ['', PLAIN],
    ['wb.example.', PLAIN],
    [`${ID}.wb.example.`, PLAIN],
    ['wb.example:80', PLAIN],
    ['wb.example:', PLAIN],
    ['wb.example:0443', PLAIN],
    ['wb.example:443:443', PLAIN],
    ['evil.example', PLAIN],
    ['xwb.example', PLAIN],
    ['wb.example.evil.example', PLAIN],
    [`${ID}.evil.example`, PLAIN],
    [`a.${ID}.wb.example`, PLAIN],
    [`${ID}..wb.example`, PLAIN],
    [`${ID}x.wb.example`, PLAIN],
    [`${ID.slice(1)}.wb.example`, PLAIN],
    ['www.wb.example', PLAIN],
    [`${ID}.wb.example@evil.example`, PLAIN],
    [`evil@${ID}.wb.example`, PLAIN],
    [`${ID}.wb.example/`, PLAIN],
    [`${ID}.wb.example#`, PLAIN],
    [` ${ID}.wb.example`, PLAIN],
    [`${ID}.wb.example,${ID}.wb.example`, PLAIN],
    [`${ID}.wb.example`, WITH_PORT],
    ['127.0.0.1', PLAIN],
    ['[::1]', PLAIN],
    ['[::1', PLAIN],
    ['127.1:9000', LOCAL],
    ['2130706433:9000', LOCAL],
    ['[::ffff:127.0.0.1]:9000', LOCAL],
    [`${ID}.127.0.0.1:9000`, LOCAL],
    [`${ID}.wb.example`, PREFIX],
    ['undefined', PREFIX],
    [`${ID}.undefined`, PREFIX],
  ])('%j is refused', (host, address) => {
    expect(parseGateHost([host], '/', address)).toBeUndefined();
  });

  test('is refused when it is absent or repeated, and with a target that names a host', () => {
    expect(parseGateHost([], '/', PLAIN)).toBeUndefined();
    expect(parseGateHost(['wb.example', 'wb.example'], '/', PLAIN)).toBeUndefined();
    for (const target of [`https://${ID}.wb.example/`, 'wb.example:443', '*', ''])
      expect(parseGateHost(['wb.example'], target, PLAIN)).toBeUndefined();
  });

  test('of any text leads to the workbench that the WHATWG parser finds, or to none', () => {
    const part = fc.constantFrom(
      ID,
      idAt(T0, 2),
      'wb',
      'example',
      '.',
      ':',
      '443',
      '8443',
      '@',
      '/',
      '#',
      '%2e',
      'A',
      '[',
      ' ',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(part, { maxLength: 8 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (host) => {
        const parsed = parseGateHost([host], '/', PLAIN);
        if (parsed === undefined) return;
        const { origin } = new URL(`https://${host}`);
        const expected =
          parsed.kind === 'sign_in_host' ? PLAIN.signInOrigin : originOfWorkbench(PLAIN, parsed.workbenchId);
        expect(origin).toBe(expected);
      }),
      propertyRuns(5000),
    );
  });
});

describe('the URL to return to', () => {
  test.each([
    [`https://${ID}.wb.example/`, PLAIN, '/'],
    [`https://${ID}.wb.example/lab/tree?a=b&c=%2F#x`, PLAIN, '/lab/tree?a=b&c=%2F#x'],
    [`https://${ID}.wb.example:8443/x`, WITH_PORT, '/x'],
    [`http://${ID}.localhost:9000/x`, LOCAL, '/x'],
    [`https://wb.example/lab/project/${ID}/x?y`, PREFIX, `/lab/project/${ID}/x?y`],
  ])('can be %s', (url, address, path) => {
    expect(parseReturnUrl(url, address)).toEqual({ workbenchId: ID, path });
  });

  test.each([
    ['https://wb.example/.wb/share/continue', PLAIN, '/.wb/share/continue'],
    ['https://wb.example/lab/.wb/share/continue', PREFIX, '/lab/.wb/share/continue'],
  ])('can be that of the page for links, %s', (url, address, path) => {
    expect(parseReturnUrl(url, address)).toEqual({ path });
  });

  test.each([
    'https://wb.example/.wb/share/continue?x',
    'https://wb.example/.wb/share/continue/',
    'https://wb.example/.wb/share/accept',
    'https://evil.example/.wb/share/continue',
    '',
    '/',
    'https://evil.example/',
    `https://${ID}.evil.example/`,
    `https://${ID}.wb.example`,
    `https://${ID}.wb.example.evil.example/`,
    `https://${ID}.wb.example@evil.example/`,
    `https://evil@${ID}.wb.example/`,
    `https://${ID}.wb.example:8443/`,
    `https://${ID}.wb.example:443/`,
    `https://${ID}.wb.example./`,
    `https://${ID}.WB.example/`,
    `HTTPS://${ID}.wb.example/`,
    `http://${ID}.wb.example/`,
    `//${ID}.wb.example/`,
    `https:/${ID}.wb.example/`,
    `https:\\\\${ID}.wb.example/`,
    `https://evil.example\\@${ID}.wb.example/`,
    `https://evil.example#@${ID}.wb.example/`,
    `https://evil.example?.wb.example/`,
    `https://${ID}.wb.example//evil.example`,
    `https://${ID}.wb.example/\\evil.example`,
    `https://${ID}.wb.example/\t/evil.example`,
    `https://${ID}.wb.example/\r\nSet-Cookie: a=b`,
    `https://${ID}.wb.example/ü`,
    ` https://${ID}.wb.example/`,
    'https://wb.example/',
    'https://www.wb.example/',
    `https://a.${ID}.wb.example/`,
    'javascript:alert(1)',
    `javascript://${ID}.wb.example/%0aalert(1)`,
    `data:text/html,https://${ID}.wb.example/`,
    `https://${ID}.wb.example/${'x'.repeat(RETURN_PATH_MAX)}`,
  ])('cannot be %j', (url) => {
    expect(parseReturnUrl(url, PLAIN)).toBeUndefined();
  });

  test.each([
    `https://wb.example/project/${ID}/`,
    `https://wb.example/lab/project/${ID}`,
    `https://wb.example/lab/project/${ID}x/`,
    `https://wb.example/lab//project/${ID}/`,
    'https://wb.example/lab/project/',
    'https://wb.example/lab/',
    `https://evil.example/lab/project/${ID}/`,
    `https://${ID}.wb.example/`,
  ])('cannot be %j in prefix mode', (url) => {
    expect(parseReturnUrl(url, PREFIX)).toBeUndefined();
  });

  test('of any text is one that browsers resolve to the same workbench', () => {
    const part = fc.constantFrom(
      'https:',
      'http:',
      '//',
      '/',
      '\\',
      ID,
      '.wb.example',
      '.',
      ':443',
      '@',
      '#',
      '?',
      'evil.example',
      '\t',
      '%2f',
      'a',
    );
    const text = fc.array(part, { maxLength: 9 }).map((parts) => parts.join(''));
    const mostlyGood = fc.tuple(text, text).map(([a, b]) => `${a}https://${ID}.wb.example/${b}`);
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          mostlyGood,
          text.map((end) => `https://${ID}.wb.example/${end}`),
        ),
        (url) => {
          const parsed = parseReturnUrl(url, PLAIN);
          if (parsed?.workbenchId === undefined) return;
          const origin = originOfWorkbench(PLAIN, parsed.workbenchId);
          expect(new URL(url).origin).toBe(origin);
          expect(new URL(parsed.path, origin).href).toBe(new URL(url).href);
        },
      ),
      propertyRuns(5000),
    );
  });
});

describe('a local path', () => {
  test.each(['/', '/a/b?c#d', '/a//b', '/@evil.example', '/.wb/enter', '/%2f/evil.example'])(
    'can be %j',
    (path) => {
      expect(isLocalPath(path)).toBe(true);
    },
  );

  test.each([
    '',
    'a',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/\n//evil',
    '\\/evil',
    'https://evil.example',
    '/a b',
    '/ü',
    ' /',
    '/\u0000',
  ])('cannot be %j', (path) => {
    expect(isLocalPath(path)).toBe(false);
  });

  test('of any text stays on its host', () => {
    const part = fc.constantFrom(
      '/',
      '\\',
      '\t',
      '\n',
      '.',
      '..',
      'evil.example',
      '@',
      ':',
      'https:',
      '%5c',
      '?',
      '#',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part, { maxLength: 6 }).map((parts) => `/${parts.join('')}`),
        ),
        (path) => {
          if (isLocalPath(path)) expect(new URL(path, PLAIN.signInOrigin).origin).toBe(PLAIN.signInOrigin);
        },
      ),
      propertyRuns(5000),
    );
  });
});
