import { beforeEach, expect, it } from 'vitest';
import type { Host } from '#core/workbench/workbench.ts';
import { aHost, stopped } from '#test/builders/workbench.ts';
import { NO_HAZARDS } from '../world/hazards.ts';
import type { WorldEvent } from '../world/world.ts';
import { WorldFixture } from '../world/world-fixture.ts';
import { HostStateChecks } from './host-state-checks.ts';

let now: number;
let checks: HostStateChecks;
let before: ReturnType<typeof stopped>;

beforeEach(() => {
  now = 0;
  checks = new HostStateChecks(new WorldFixture({ hazards: NO_HAZARDS }).world, () => now);
  before = stopped({ host: aHost({ instanceId: 'i-1', state: 'stopping' }) });
});

function happens(state: string): void {
  const detail = { 'instance-id': 'i-1', state };
  checks.noteEvent({
    'detail-type': 'EC2 Instance State-change Notification',
    detail,
  } as unknown as WorldEvent);
}

function write(state: Host['state']): void {
  const record = stopped({ host: aHost({ instanceId: 'i-1', state }) });
  checks.checkWrite(record, before);
  before = record;
}

it('a record may take its host for stopped while it is, and if it was since the record was last written', () => {
  happens('stopped');
  write('stopped');
  write('stopping');
  now = 1000;
  happens('pending');
  now = 2000;
  write('stopped');
});

it('a record may not take its host for stopped by what was true before it was last written', () => {
  happens('stopped');
  now = 1000;
  happens('pending');
  now = 1001;
  write('pending');
  expect(() => write('stopped')).toThrow('takes its host i-1 for stopped');
});
