// `npm start`.
import './require-node.mjs';

const { main } = await import('./main.ts');
await main();
