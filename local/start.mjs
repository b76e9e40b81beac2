// Plain JavaScript, so that a Node.js too old for the rest can still say so.
const NEEDED = [22, 18];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  console.error(
    `This needs Node.js ${NEEDED.join('.')} or newer, and this is ${process.version}.\n` +
      'On Linux `npm ci` brings Node.js 24 along: run it, then `npm start`.\n' +
      'Elsewhere install Node.js 24 from https://nodejs.org.',
  );
  process.exit(1);
}

const { main } = await import('./main.ts');
await main();
