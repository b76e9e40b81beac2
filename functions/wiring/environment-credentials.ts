/**
 * Stands for `@aws-sdk/credential-provider-node` in the bundles (tools/bundle.ts). In Lambda the credentials are
 * in the environment and nowhere else; the SDK's own chain also carries clients of STS and SSO, and looks for
 * programs, files and servers that give some, for 90 KB in each function.
 */
export const defaultProvider =
  () =>
  async (): Promise<{
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  }> => {
    const {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN,
    } = process.env;
    if (!accessKeyId || !secretAccessKey) throw new Error('there are no AWS credentials in the environment');
    return {
      accessKeyId,
      secretAccessKey,
      ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
    };
  };
