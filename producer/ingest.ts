import { isUtf8 } from 'node:buffer';
import { Agent, request } from 'node:https';
import { Hash } from '@smithy/hash-node';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentialIdentity, Provider } from '@smithy/types';
import { MAX_RECORD_BYTES } from '../processor/decode';
import { AccessError, InvalidRecordError, RefusedRecordError } from './errors';
import type { Outcome, ProducerRecord, Transport } from './transport';

export interface IngestTransportOptions {
  /** The stack's output `ingestUrl`. */
  url: string;
  region: string;
  /** Those of the producer role, or a provider of them. */
  credentials: AwsCredentialIdentity | Provider<AwsCredentialIdentity>;
  /** Value of the API key, where the ingest has a quota. */
  apiKey?: string;
  /** How long an answer may take, milliseconds. @default 10000 */
  timeoutMs?: number;
  /** @default one that keeps connections open */
  agent?: Agent;
}

interface Answer {
  status: number;
  body: { error?: string; message?: string; records?: { error?: string }[] };
}

/** Sends records to the HTTPS ingest, which puts them on the stream under their `customerId`. */
export class IngestTransport implements Transport {
  /** The ingest's 500, and half of what API Gateway takes: Base64 on the way to Kinesis adds a third. */
  readonly limits = { records: 500, bytes: 5_000_000 };
  readonly #options: IngestTransportOptions;
  readonly #url: URL;
  readonly #agent: Agent;
  readonly #signer: SignatureV4;

  constructor(options: IngestTransportOptions) {
    const { url, region, credentials, agent } = options;
    this.#options = options;
    this.#url = new URL(`${url}/transactions/batch`);
    this.#agent = agent ?? new Agent({ keepAlive: true });
    this.#signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Hash.bind(null, 'sha256') });
  }

  /** A record must be one JSON object, or the answers to a request would not be those to its records. */
  sizeOf({ data }: ProducerRecord): number {
    const { byteLength } = data;
    if (byteLength > MAX_RECORD_BYTES) {
      throw new InvalidRecordError(
        'data',
        `data: ${byteLength} bytes; a transaction has at most ${MAX_RECORD_BYTES}; leave out what is not of the contract`,
      );
    }
    if (!isObject(data)) {
      throw new InvalidRecordError(
        'data',
        `data: ${byteLength} bytes that are no JSON object; the ingest takes one in UTF-8; send a transaction`,
      );
    }
    return byteLength + 1; // the comma
  }

  async put(records: readonly ProducerRecord[]): Promise<Outcome[]> {
    const body = `[${records.map(({ data }) => Buffer.from(data).toString()).join()}]`;
    let answer: Answer;
    try {
      answer = await this.#post(body);
    } catch (error) {
      return records.map(() => ({ later: (error as Error).message }));
    }
    const { status } = answer;
    const { error = `status ${status}`, message = '', records: results } = answer.body;
    if (status === 200) return records.map(() => 'taken');
    if (results !== undefined) {
      return records.map((_, index) => {
        const { error: why } = results[index] ?? { error };
        return why === undefined ? 'taken' : { later: why };
      });
    }
    if (status === 429 || status >= 500) return records.map(() => ({ later: error }));
    if (status === 400 || status === 413) return this.#refused(records, error, message);
    throw new AccessError(`the ingest ${this.#url.host}: ${error}; ${message}`);
  }

  /** The ingest does not say which record it refuses: halves are sent until that is known. */
  async #refused(records: readonly ProducerRecord[], code: string, message: string): Promise<Outcome[]> {
    if (records.length === 1) return [{ refused: new RefusedRecordError(code, message) }];
    const half = Math.ceil(records.length / 2);
    return [...(await this.put(records.slice(0, half))), ...(await this.put(records.slice(half)))];
  }

  async #post(body: string): Promise<Answer> {
    const { apiKey, timeoutMs = 10_000 } = this.#options;
    const { hostname, host, pathname: path } = this.#url;
    const { headers } = await this.#signer.sign({
      method: 'POST',
      protocol: 'https:',
      hostname,
      path,
      headers: { host, 'content-type': 'application/json', ...(apiKey !== undefined && { 'x-api-key': apiKey }) },
      body,
    });
    const signal = AbortSignal.timeout(timeoutMs);
    return new Promise((resolve, reject) => {
      const sent = request(this.#url, { method: 'POST', headers, agent: this.#agent, signal }, async (response) => {
        try {
          const text = (await response.toArray()).join('');
          resolve({ status: response.statusCode ?? 0, body: parse(text) });
        } catch (error) {
          reject(error);
        }
      });
      sent.once('error', reject).end(body);
    });
  }
}

function isObject(data: Uint8Array): boolean {
  if (!isUtf8(data)) return false;
  try {
    const value: unknown = JSON.parse(Buffer.from(data).toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** What is between producer and ingest may answer in another form. */
function parse(text: string): Answer['body'] {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
