interface Answer {
  /** HTTP status; a default answers under the status that the refusal has. */
  status?: string;
  message: string;
}

const SIGN = 'Sign the request (AWS Signature Version 4, service execute-api) as a principal that may invoke it';

/**
 * What producers are told when API Gateway refuses a request itself, by its response types. The texts are fixed: API Gateway's own
 * quote the request, that of a failed validation its values, and a value may be a card number.
 */
export const ANSWERS: Record<string, Answer> = {
  BAD_REQUEST_BODY: {
    status: '400',
    message:
      'Nothing was taken: the body is not a transaction, or not an array of 1 to 500 of them. Each needs transactionId, occurredAt, amount, currency, customerId, merchantId and paymentToken; ingest/transaction.schema.json has the form of every field.',
  },
  MISSING_AUTHENTICATION_TOKEN: {
    status: '403',
    message: `The request is not signed, or there is no such route. ${SIGN}; the routes are POST /transactions and POST /transactions/batch.`,
  },
  INVALID_SIGNATURE: { status: '403', message: `The signature does not match the request. ${SIGN}.` },
  EXPIRED_TOKEN: { status: '403', message: 'The credentials have expired. Assume the producer role again.' },
  ACCESS_DENIED: {
    status: '403',
    message:
      'The caller may not invoke this. Assume the producer role; a private ingest also asks for a known VPC endpoint.',
  },
  INVALID_API_KEY: {
    status: '403',
    message: 'The header x-api-key is missing or wrong. Send the key of the usage plan.',
  },
  REQUEST_TOO_LARGE: { status: '413', message: 'The request is larger than 10 MB. Send fewer transactions at a time.' },
  UNSUPPORTED_MEDIA_TYPE: { status: '415', message: 'The Content-Type must be application/json.' },
  THROTTLED: {
    status: '429',
    message: 'Too many requests a second. Send it again after a while, and ever longer ones.',
  },
  QUOTA_EXCEEDED: { status: '429', message: "The key's requests for today are used up. Have ingestDailyQuota raised." },
  DEFAULT_4XX: { message: 'The request was refused. docs/ingest.md has the routes and their answers.' },
  DEFAULT_5XX: { message: 'The request failed here. Send it again after a while; duplicates change nothing.' },
};

/** The body of an answer; API Gateway puts the type of its response in. */
export function answerTemplate({ message }: Answer): string {
  return `{"error":"$context.error.responseType","message":${JSON.stringify(message)}}`;
}
