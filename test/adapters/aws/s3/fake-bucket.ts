import type {
  CompletedPart,
  ListObjectsV2CommandInput,
  PutObjectCommandInput,
  UploadPartCommandInput,
} from '@aws-sdk/client-s3';

interface Input {
  readonly Key: string;
  readonly UploadId: string;
  readonly Body: Buffer;
}

/** A bucket as the API reference of S3 describes it, with pages of three objects. */
export class FakeBucket {
  readonly objects = new Map<string, Buffer>();
  readonly #uploads = new Map<string, { readonly key: string; readonly parts: Map<number, Buffer> }>();
  #begun = 0;

  get openUploads(): number {
    return this.#uploads.size;
  }

  async send(command: { readonly input: object }): Promise<object> {
    const operation = command.constructor.name.replace(/Command$/, '');
    const handlers: Readonly<Record<string, (input: never) => object>> = {
      ListObjectsV2: (input: ListObjectsV2CommandInput) => this.#list(input),
      PutObject: ({ Key = '', Body }: PutObjectCommandInput) => {
        this.objects.set(Key, Body as Buffer);
        return {};
      },
      CreateMultipartUpload: ({ Key }: Input) => {
        this.#begun += 1;
        this.#uploads.set(String(this.#begun), { key: Key, parts: new Map() });
        return { UploadId: String(this.#begun) };
      },
      UploadPart: (input: UploadPartCommandInput) => this.#uploadPart(input),
      CompleteMultipartUpload: (input: never) => this.#complete(input),
      AbortMultipartUpload: ({ UploadId }: Input) => {
        this.#uploads.delete(UploadId);
        return {};
      },
    };
    const handler = handlers[operation];
    if (handler === undefined) throw new Error(`unexpected ${operation}`);
    return handler(command.input as never);
  }

  #list({ Prefix = '', StartAfter = '', ContinuationToken }: ListObjectsV2CommandInput): object {
    const after = ContinuationToken ?? StartAfter;
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(Prefix) && key > after).sort();
    const page = keys.slice(0, 3);
    const last = page.at(-1);
    return {
      Contents: page.map((Key) => ({ Key, Size: this.objects.get(Key)?.length ?? 0 })),
      ...(keys.length > 3 && last !== undefined ? { NextContinuationToken: last } : {}),
    };
  }

  #uploadPart({ UploadId = '', PartNumber = 0, Body }: UploadPartCommandInput): object {
    this.#uploads.get(UploadId)?.parts.set(PartNumber, Body as Buffer);
    return { ETag: `etag-${PartNumber}`, ChecksumCRC32: `crc-${PartNumber}` };
  }

  #complete({
    UploadId,
    MultipartUpload: { Parts },
  }: {
    readonly UploadId: string;
    readonly MultipartUpload: { readonly Parts: readonly CompletedPart[] };
  }): object {
    const upload = this.#uploads.get(UploadId);
    if (upload === undefined) throw Object.assign(new Error('NoSuchUpload'), { name: 'NoSuchUpload' });
    const bodies = Parts.map(({ PartNumber = 0, ETag, ChecksumCRC32 }) => {
      const body = upload.parts.get(PartNumber);
      if (body === undefined || ETag !== `etag-${PartNumber}` || ChecksumCRC32 !== `crc-${PartNumber}`)
        throw Object.assign(new Error('InvalidPart'), { name: 'InvalidPart' });
      return body;
    });
    this.objects.set(upload.key, Buffer.concat(bodies));
    this.#uploads.delete(UploadId);
    return {};
  }
}
