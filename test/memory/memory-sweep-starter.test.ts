import { describeSweepStarterContract } from '#test/contracts/sweep-starter.ts';
import { MemorySweepStarter } from './memory-sweep-starter.ts';

describeSweepStarterContract('memory', async () => {
  const starter = new MemorySweepStarter();
  return { starter, started: () => starter.started, dispose: async () => {} };
});
