/**
 * Replaces `@aws-sdk/credential-provider-node` in the bundles (tools/bundle.ts). In Lambda the credentials are always in
 * the environment. The provider of the SDK also contains clients of STS and SSO and searches processes, files and
 * servers, which costs 90 KB in each function.
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
    if (!accessKeyId || !secretAccessKey) throw new Error('the environment contains no AWS credentials');
    return {
      accessKeyId,
      secretAccessKey,
      ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
    };
  };
