import { describe, expect, it } from 'vitest';
import { running } from '#test/builders/workbench.ts';
import { NO_HAZARDS } from '../world/hazards.ts';
import { WorldFixture } from '../world/world-fixture.ts';
import { IdleChecks } from './idle-checks.ts';

const MINUTE = 60_000;

describe('a workbench that still runs 35 minutes after its last use', () => {
  it.each([
    ['with an extension that was requested while the clock was ahead', 1, 2 * MINUTE, true],
    ['with such an extension that ended three minutes ago, so that its stop is due', 1, -3 * MINUTE, true],
    ['with such an extension that ended before', 1, -5 * MINUTE, false],
    ['with an extension, although the clock was never wrong', 0, 2 * MINUTE, false],
  ])('%s', (_, clockSteps, extendedMs, allowed) => {
    const { world, kernel } = new WorldFixture({ hazards: { ...NO_HAZARDS, clockSteps } });
    const now = kernel.now();
    const record = running({
      idle: {
        since: now - 35 * MINUTE,
        because: 'start',
        minutes: 15,
        checkAt: now,
        keepUntil: now + extendedMs,
      },
    });
    const checks = new IdleChecks(world);
    const checkStopped = () => checks.checkStopped(record, now - 35 * MINUTE, now);
    const checkUnknown = () => checks.checkUnknown(record, now);
    if (allowed) {
      expect(checkStopped).not.toThrow();
      expect(checkUnknown).not.toThrow();
    } else {
      expect(checkStopped).toThrow('still runs 2100 s after its last use');
      expect(checkUnknown).toThrow('does not say that its evidence could not be read');
    }
  });
});
