import fc from 'fast-check';
import { replay } from '#test/simulation/cli/batch.ts';
import { anySchedule } from '#test/simulation/schedule/commands.ts';

for (let s = 1; s < 40; s++) {
  const [x] = fc.sample(anySchedule, { seed: s, path: '0', numRuns: 1 });
  const t = performance.now();
  let r = '';
  if (x!.commands.length < 8) {
    try {
      await replay(s, '0:99999');
    } catch (e) {
      r = String(e);
    }
  }
  console.log(s, x!.commands.length, r && (performance.now() - t).toFixed(0));
}
