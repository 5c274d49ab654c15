import { Agent } from 'node:https';
import { IngestTransport, type Transport } from '../producer';
import { type GatewayOptions, startGateway } from './runtime/gateway';

/** Headers of Kinesis's API, before the name of an action. */
const TARGET = 'Kinesis_20131202.';

export interface IngestOptions extends Omit<GatewayOptions, 'kinesis'> {
  region: string;
  /** The emulator's. */
  kinesisUrl: string;
}

/** Serves the ingest of the stack in front of the emulator's stream. @returns also the way through it */
export async function startIngest({ kinesisUrl, region, ...options }: IngestOptions) {
  const { gateway, port, certificates, credentials } = options;
  const { close } = await startGateway({
    ...options,
    async kinesis(action, body) {
      const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': TARGET + action };
      const response = await fetch(kinesisUrl, { method: 'POST', headers, body });
      return { status: response.status, body: await response.text() };
    },
  });
  const url = `https://127.0.0.1:${port}/${gateway.stage}`;
  const agent = new Agent({ keepAlive: true, ca: certificates.authority });
  const transport: Transport = new IngestTransport({ url, region, credentials, agent });
  return { close, transport };
}
