/** Returns the content of a valid stage file. */
export function stageFile(changes: Readonly<Record<string, unknown>> = {}) {
  return {
    production: false,
    baseUrl: 'https://workbench.platform.dev',
    auth: { staticKey: true },
    image: { tag: 'latest' },
    capacityProviders: [{ name: 'standard', instanceTypes: ['m6i.xlarge'], maxInstances: 4 }],
    region: 'us-west-1',
    ...changes,
  };
}
