import { describe, expect, test } from 'vitest';
import { REASON_CODES, type ReasonCode } from '#core/workbench/reasons.ts';
import { statusDetail } from '#core/workbench/status-detail.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import type { GatePage } from '#gate/pages/gate-page.ts';
import { PageRenderer } from '#gate/pages/page-renderer.ts';
import {
  describeDetail,
  formatDuration,
  type NotRunningOptions,
  notRunningPage,
  unresponsivePage,
} from '#gate/pages/workbench-pages.ts';
import {
  acceptedRun,
  aHost,
  deleting,
  MINUTE,
  pending,
  provisioning,
  running,
  starting,
  stopped,
  stopping,
  T0,
} from '#test/builders/workbench.ts';
import { DEFAULT_LOOK } from './default-look.ts';
import { listElements, parsePage, textOf } from './parse-page.ts';

const RENDERER = new PageRenderer(DEFAULT_LOOK);
const ADDRESS = { prefix: '/project/x', path: '/project/x/lab?a=1&b=2' };

function show(page: GatePage) {
  const root = parsePage(RENDERER.render(page));
  const form = listElements(root, 'form')[0];
  return {
    text: listElements(root, 'main').map(textOf).join(),
    button: listElements(root, 'button').map(textOf).join(),
    action: form?.attributes.action,
    fields: form === undefined ? [] : listElements(form, 'input').map(({ attributes }) => attributes),
    status: page.status,
    json: page.json,
    reload: page.reloadAfterSeconds,
  };
}

function showWorkbench(workbench: Workbench, options: Partial<NotRunningOptions> = {}) {
  return show(
    notRunningPage(workbench, { now: T0, mayStart: true, mayStop: true, address: ADDRESS, ...options }),
  );
}

describe('a starting workbench', () => {
  test('has a page with what it waits for, the time since the request, and a Stop button', () => {
    const shown = showWorkbench(provisioning({ detail: 'capacity' }), { now: T0 + 65_000 });
    expect(shown.text).toContain(
      'The workbench is starting. It is waiting for an instance with free capacity.',
    );
    expect(shown.text).toContain('Status: provisioning (capacity)');
    expect(shown.text).toContain('The start was requested 1 min 5 s ago.');
    expect([shown.button, shown.action]).toEqual(['Stop the workbench', '/project/x/.wb/stop']);
    expect(shown.fields).toEqual([{ type: 'hidden', name: 'back', value: ADDRESS.path }]);
  });

  test('has a page with how long such starts usually take, if it is known', () => {
    const usualStart = { p50Ms: 11_300, p95Ms: 65_000 };
    const usual = 'Such starts usually take 12 s, and seldom more than 1 min 5 s.';
    expect(showWorkbench(provisioning(), { usualStart }).text).toContain(usual);
    expect(showWorkbench(provisioning(), { usualStart: { p50Ms: 300, p95Ms: 900 } }).text).toContain(
      'Such starts usually take at most 1 s.',
    );
    expect(showWorkbench(provisioning()).text).not.toContain('usually');
    expect(showWorkbench(stopped(), { usualStart }).text).not.toContain('usually');
    expect(showWorkbench(stopping(), { usualStart }).text).not.toContain('usually');
  });

  test('has a page with the duration of its last start, if one has succeeded', () => {
    expect(showWorkbench(pending({ lastStartMs: 42_000 })).text).toContain('The last start took 42 s.');
    expect(showWorkbench(pending()).text).not.toContain('last start');
    expect(showWorkbench(stopped({ lastStartMs: 42_000 })).text).not.toContain('last start');
  });

  test('has a page without a button for visitors who may not stop it', () => {
    expect(showWorkbench(starting(), { mayStop: false })).toMatchObject({ button: '', action: undefined });
  });

  test('has a page with the text of the task, if the detail is no code', () => {
    const { text } = showWorkbench(pending({ detail: 'nothing listens on port 20123' }));
    expect(text).toContain('Status: pending (nothing listens on port 20123)');
    expect(showWorkbench(pending({ detail: 'constructor' })).text).toContain(
      'The workbench is starting. Status:',
    );
  });

  test('reloads fast in the first seconds and slower after them', () => {
    const reloadAt = (age: number) => showWorkbench(pending(), { now: T0 + age }).reload;
    expect([0, 9_999, 10_000, MINUTE].map(reloadAt)).toEqual([2, 2, 5, 5]);
  });

  test('is said to start while its status is running and its endpoint is not known', () => {
    const shown = showWorkbench(running());
    expect([shown.text, shown.button]).toEqual([
      expect.stringContaining('The workbench is starting.'),
      'Stop the workbench',
    ]);
  });

  test('shows no negative time when the clock of the gate is behind', () => {
    expect(showWorkbench(starting(), { now: T0 - MINUTE }).text).toContain('requested 0 s ago');
  });
});

describe('a stopped workbench', () => {
  const reason = { code: 'out_of_memory', message: 'It used 2 GiB.' } as const;

  test('has a page with the reason, what to do, since when, and a Start button', () => {
    const shown = showWorkbench(stopped({ reason, stoppedAt: T0 }), { now: T0 + 90 * MINUTE });
    expect(shown.text).toContain('The workbench is stopped.');
    expect(shown.text).toContain('Reason: It used 2 GiB. (out_of_memory)');
    expect(shown.text).toContain('Request more memory, then start it again.');
    expect(shown.text).toContain('It stopped 1 h 30 min ago.');
    expect([shown.button, shown.action]).toEqual(['Start the workbench', '/project/x/.wb/start']);
    expect(shown.reload).toBe(30);
  });

  test('has a page that names its owner to visitors who may not start it', () => {
    const shown = showWorkbench(stopped(), { mayStart: false });
    expect([shown.text, shown.button]).toEqual([expect.stringContaining('Its owner can start it.'), '']);
  });

  test.each(REASON_CODES)('has a page with the reason %s and its message', (code) => {
    expect(showWorkbench(stopped({ reason: { code, message: 'Because.' } })).text).toContain(
      `Reason: Because. (${code})`,
    );
  });

  test('has a link to why it stopped and how to keep it, if the stop was planned', () => {
    const linksOf = (code: ReasonCode) => {
      const page = notRunningPage(stopped({ reason: { code, message: 'Because.' } }), {
        ...{ now: T0, mayStart: true, mayStop: true, address: ADDRESS },
      });
      const links = listElements(parsePage(RENDERER.render(page)), 'a');
      return links.map(({ attributes }) => attributes.href);
    };
    const linked = REASON_CODES.filter((code) => linksOf(code).includes('/project/x/.wb/idle-stop'));
    expect(linked).toEqual(['idle', 'max_life', 'stop_at', 'schedule']);
  });

  test('has JSON with its status and its reason', () => {
    expect(showWorkbench(stopped({ reason }))).toMatchObject({
      status: 503,
      json: { message: 'The workbench is not running.', status: 'stopped', status_reason: reason },
    });
  });
});

describe('a workbench that is ending', () => {
  test('has a page without a button when it stops on request', () => {
    const shown = showWorkbench(stopping());
    expect([shown.button, shown.text]).toEqual(['', expect.stringContaining('Its programs are ending.')]);
  });

  test('has a page with a Stop button and the time since the request when a start follows', () => {
    const nextRun = { runId: 'r', requestedAt: T0 };
    const shown = showWorkbench(stopping({ desired: 'running', nextRun }), { now: T0 + MINUTE });
    expect(shown.button).toBe('Stop the workbench');
    expect(shown.text).toContain('The start was requested 1 min ago.');
  });

  test('has a page that says that a deletion is final', () => {
    const shown = showWorkbench(deleting());
    expect(shown).toMatchObject({ button: '', json: { status: 'deleting' } });
    expect(shown.text).toContain('The workbench is being deleted.');
    expect(shown.text).toContain('This cannot be undone.');
  });
});

test('a workbench that does not respond has a page that says what to do, with a Stop button for those who may', () => {
  expect(show(unresponsivePage())).toMatchObject({ status: 502, button: '', reload: 2 });
  const shown = show(unresponsivePage(ADDRESS));
  expect(shown).toMatchObject({ button: 'Stop the workbench', action: '/project/x/.wb/stop' });
  expect(shown.text).toContain('stop the workbench and start it again');
});

describe('the codes of status_detail', () => {
  const interruption = { kind: 'spot', noticedAt: T0, stopAt: T0 } as never;
  const draining = { kind: 'draining', noticedAt: T0 } as never;
  const mount = { path: 'x' };
  const spec = { cpuUnits: 1024, memoryMib: 2048, gpuCount: 0, dedicatedInstanceType: 'm7i.large' };
  const retry = { runId: 'r', requestedAt: T0, retry: { attempt: 2, failedStarts: 1 } };
  const run = acceptedRun();

  test.each<[string, Workbench]>([
    ['queued', starting({ deadlinePausedAt: T0 })],
    ['no_space', starting({ deadlinePausedAt: T0, pausedForSpace: true })],
    ['volume', starting()],
    ['host', starting({ mount, spec })],
    ['capacity', starting({ mount })],
    ['capacity', provisioning({ detail: 'capacity' })],
    ['run', starting({ mount, unexpectedTasks: [{ taskId: 't' }] })],
    ['spot_interruption', pending({ run: acceptedRun({ interruption }) })],
    ['instance_draining', pending({ run: acceptedRun({ interruption: draining }) })],
    ['run', stopping({ run })],
    ['host', stopping({ run: undefined as never, host: aHost() })],
    ['retry', stopping({ run, desired: 'running', nextRun: retry })],
    ['instance_unreachable', stopping({ run, overdue: true })],
    ['run', deleting({ run })],
    ['volume', deleting({ run: undefined as never })],
  ])('%s is explained in a sentence', (code, workbench) => {
    expect(statusDetail(workbench)).toBe(code);
    const sentence = describeDetail(workbench, code);
    expect(sentence).toMatch(/^[A-Z].*\.$/);
    expect(showWorkbench(workbench).text).toContain(`${sentence} Status: ${workbench.status} (${code})`);
  });
});

test.each([
  [-5, '0 s'],
  [999, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [125_000, '2 min 5 s'],
  [3_600_000, '1 h'],
  [3_600_000 + 60_000 * 59, '1 h 59 min'],
  [86_400_000 * 2 + 3_600_000, '2 d 1 h'],
])('%d ms are written as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
