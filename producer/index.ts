export * from './errors';
export { IngestTransport, type IngestTransportOptions } from './ingest';
export { KinesisTransport } from './kinesis';
export { Producer, type ProducerOptions } from './producer';
export { recordOf } from './record';
export type { Outcome, ProducerRecord, Transport } from './transport';
