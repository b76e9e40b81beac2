import { describe, expect, it } from 'vitest';
import { createDataDir, LocalServer } from '#test/e2e/local-server.ts';
import { wb } from './wb-process.ts';

describe('wb update', () => {
  it('changes name, labels and schedule, each part by itself', async () => {
    const { api } = await LocalServer.start(await createDataDir());
    const schedule = ['--schedule-start', '30 8 * * 1-5', '--schedule-stop', '0 18 * * 1-5'];
    const zone = ['--time-zone', 'Europe/Berlin'];
    const created = await wb(api, ['create', '--name', 'First', ...schedule, ...zone]);
    expect(created.out).toMatch(/^schedule +start 30 8 \* \* 1-5, stop 0 18 \* \* 1-5 \(Europe\/Berlin\)$/m);

    const update = async (...args: readonly string[]) => await wb(api, ['update', 'First', ...args]);
    const later = await update('--schedule-stop', '0 20 * * *', '--label', 'team=research');
    expect(later.out).toMatch(/^schedule +start 30 8 \* \* 1-5, stop 0 20 \* \* \* \(Europe\/Berlin\)$/m);
    expect(later.out).toMatch(/^labels +team=research$/m);
    expect((await update('--time-zone', 'Asia/Tokyo')).out).toMatch(/^schedule .*\(Asia\/Tokyo\)$/m);
    expect((await update('--no-schedule')).out).not.toMatch(/^schedule/m);
    const here = await wb(api, ['update', 'First', '--schedule-start', '0 7 * * *'], { TZ: 'America/Lima' });
    expect(here.out).toMatch(/^schedule +start 0 7 \* \* \* \(America\/Lima\)$/m);
    expect((await update('--name', 'Second')).out).toMatch(/^name +Second$/m);
  });

  it('says what is wrong', async () => {
    const { api } = await LocalServer.start(await createDataDir());
    await wb(api, ['create', '--name', 'First']);
    expect(await wb(api, ['update', 'First'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('Nothing to change.'),
    });
    expect(await wb(api, ['update', 'First', '--time-zone', 'Europe/Berlin'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--schedule-start'),
    });
    expect(await wb(api, ['update', 'First', '--schedule-start', 'daily'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('  schedule'),
    });
    expect(await wb(api, ['update', 'First', '--cpu', '2'])).toMatchObject({ code: 1 });
  });
});

describe('wb sweep --start', () => {
  it('starts a sweep, and with --wait shows its report', async () => {
    const { api } = await LocalServer.start(await createDataDir());
    const before = new Date().toISOString();
    const started = await wb(api, ['sweep', '--start', 'quotas', '--json']);
    expect(JSON.parse(started.out)).toMatchObject({ sweep: 'quotas' });
    const { code, out } = await wb(api, ['sweep', '--start', 'active', '--wait', '--json']);
    expect(code).toBe(0);
    const report = JSON.parse(out) as { sweep: string; started_at: string };
    expect(report.sweep).toBe('active');
    expect(report.started_at >= before).toBe(true);
    expect((await wb(api, ['sweep', '--start', 'hosts', '--wait'])).out).toMatch(/^hosts +\S+Z +\d+/m);
  });

  it('is refused for a sweep that does not exist, and --wait alone', async () => {
    const { api } = await LocalServer.start(await createDataDir());
    expect((await wb(api, ['sweep', '--start', 'all'])).code).toBe(2);
    expect((await wb(api, ['sweep', '--wait'])).code).toBe(2);
    // There is no cluster in local mode.
    expect(await wb(api, ['sweep', '--start', 'cluster'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('sweep: one of '),
    });
  });
});

describe('wb sweep', () => {
  it('shows operators the last report of each sweep', async () => {
    const { api } = await LocalServer.start(await createDataDir());
    // Each sweep runs when the server starts.
    await expect.poll(async () => (await wb(api, ['sweep'])).out).toMatch(/^volumes +\S+Z +\d+ +\d+/m);
    const { out } = await wb(api, ['sweep', '--json']);
    const sweeps = (JSON.parse(out) as { sweep: string }[]).map(({ sweep }) => sweep);
    expect(new Set(sweeps).size).toBe(sweeps.length);
    expect(sweeps).toContain('active');
    const all = JSON.parse((await wb(api, ['sweep', '--all', '--json'])).out) as unknown[];
    expect(all.length).toBeGreaterThanOrEqual(sweeps.length);
  });

  it('is refused for users', async () => {
    const { api } = await LocalServer.start(await createDataDir(), {
      RESTAPI_AUTH_JWT_KEY: 'a-secret-that-signs-tokens-in-this-test',
    });
    expect((await wb(api, ['sweep'])).code).toBe(7);
  });
});
