// `npm run local:import`.
import '../local/require-node.mjs';

await import('./local-import.ts');
