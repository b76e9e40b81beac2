import fc from 'fast-check';

// A mutation that one random schedule finds and the next one does not would change the score from run to run.
fc.configureGlobal({ seed: 1 });
