export const ONE_MEANING: Readonly<Record<string, string>> = {};
