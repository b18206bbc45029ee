/** Of the package what s3.ts uses, by the declarations of its version 1.0: checked also where it is not installed. */
declare module 's3mini' {
  type Part = { partNumber: number; etag: string }
  type Config = {
    endpoint: string
    region: string
    accessKeyId: string
    secretAccessKey: string
    requestAbortTimeout: number
    fetch: typeof fetch
  }
  export class S3mini {
    constructor(config: Config)
    putObject(key: string, data: string | Uint8Array, fileType?: string): Promise<Response>
    getObjectResponse(key: string): Promise<Response | null>
    getMultipartUploadId(key: string, fileType?: string): Promise<string>
    uploadPart(key: string, uploadId: string, data: Uint8Array, partNumber: number): Promise<Part>
    completeMultipartUpload(key: string, uploadId: string, parts: Part[]): Promise<unknown>
    abortMultipartUpload(key: string, uploadId: string): Promise<unknown>
    deleteObject(key: string): Promise<boolean>
  }
}
