import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { banner } from '#local/banner.ts';

const about = { version: '1.2.3', dataDir: '/home/ada/.workbench', exposed: false };
const open = {
  api: { url: 'http://127.0.0.1:8999/api', authorized: false },
  baseUrl: 'http://127.0.0.1:4000',
  summary: [['They run', 'a small built-in page']],
} as const;

describe('banner', () => {
  test('says where everything is', () => {
    const text = banner(open, about);
    for (const part of [
      'Workbench Controller 1.2.3',
      'http://127.0.0.1:8999/api',
      'http://127.0.0.1:4000/project/<workbench_id>/',
      '/home/ada/.workbench',
      'a small built-in page',
      'off: no key is set, and this machine alone reaches it',
    ]) {
      expect(text).toContain(part);
    }
  });

  test('has a line to try each step with, which a shell reads as meant', () => {
    const text = banner(open, about).replaceAll('\\\n', '');
    const steps = ['create', 'poll', 'stop', 'start', 'delete'];
    const calls = steps.map((step) => {
      const line = new RegExp(`^  ${step} +curl (.*)$`, 'm').exec(text)?.[1] ?? '';
      const script = `WID=7; set -- ${line}; for word; do echo "$word"; done`;
      return execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trim().split('\n').join(' ');
    });
    const at = 'http://127.0.0.1:8999/api/workbenches';
    expect(calls).toEqual([
      `-X POST ${at}?user_id=me -H Content-Type: application/json -d {"workbench_name": "First"}`,
      `${at}/7?user_id=me`,
      `-X POST ${at}/7/stop?user_id=me`,
      `-X POST ${at}/7/start?user_id=me`,
      `-X DELETE ${at}/7?user_id=me`,
    ]);
  });

  test('sends a token along when one is asked for, and never shows it', () => {
    const text = banner({ ...open, api: { ...open.api, authorized: true } }, about);
    expect(text).toContain('on: requests need a bearer token');
    expect(text.match(/-H "Authorization: Bearer \$TOKEN"/g)?.length).toBe(5);
  });

  test('warns when other machines reach it', () => {
    expect(banner(open, { ...about, exposed: true })).toContain('other machines reach it too');
  });
});
