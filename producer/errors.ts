/** What keeps a record, or all of them, from the stream. Messages say field, shape, limit and fix, and never a value. */
export class ProducerError extends Error {
  override readonly name: string = 'ProducerError';
}

/** A record that breaks the contract, or that no stream takes. It was not sent. */
export class InvalidRecordError extends ProducerError {
  override readonly name = 'InvalidRecordError';

  /** @param field of the transaction, as `location.latitude`; or `data` or `partitionKey` of the record */
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}

/** A record that the other side refuses, whenever it is sent. */
export class RefusedRecordError extends ProducerError {
  override readonly name = 'RefusedRecordError';

  /** @param code what the other side calls it, such as `BAD_REQUEST_BODY` */
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** The producer may not send: no record is taken until that is mended. */
export class AccessError extends ProducerError {
  override readonly name = 'AccessError';
}

/** Nothing was taken in as many requests as were to be made. The producer's `unsent` are those that remain. */
export class UnavailableError extends ProducerError {
  override readonly name = 'UnavailableError';
}

/** The producer was closed before. */
export class ClosedError extends ProducerError {
  override readonly name = 'ClosedError';

  constructor() {
    super('the producer is closed; make another one');
  }
}
