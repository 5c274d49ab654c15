import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Platform } from '../platform';

/** Calls the stack's operations function as an operator does, through Lambda's Invoke API. */
export class Operations {
  readonly #client: LambdaClient;
  readonly #aliasArn: string;

  constructor({ environment, outputs }: Pick<Platform, 'environment' | 'outputs'>) {
    const { AWS_ENDPOINT_URL_LAMBDA, AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = environment;
    this.#aliasArn = String(outputs.operateAliasArn);
    this.#client = new LambdaClient({
      endpoint: AWS_ENDPOINT_URL_LAMBDA,
      region: String(outputs.region),
      credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
    });
  }

  /**
   * Has a transaction judged again from the database and compared with its verdict.
   *
   * @throws Error with the function's message when it refuses or fails
   */
  verify(transactionId: string): Promise<object> {
    return this.ask({ action: 'verify', transactionId });
  }

  /**
   * Fills histories that were lost from the database, and has judged again what was judged without them.
   *
   * @throws Error with the function's message when it refuses or fails
   */
  rebuild(): Promise<object> {
    return this.ask({ action: 'rebuild' });
  }

  /**
   * Asks what there is no method for.
   *
   * @param event `action` and what it takes
   * @throws Error with the function's message when it refuses or fails
   */
  async ask(event: object): Promise<object> {
    const { FunctionError, Payload } = await this.#client.send(
      new InvokeCommand({ FunctionName: this.#aliasArn, Payload: JSON.stringify(event) }),
    );
    const answer = JSON.parse(Payload?.transformToString() ?? 'null');
    if (FunctionError !== undefined) throw new Error(answer?.errorMessage ?? FunctionError);
    return answer;
  }

  close(): void {
    this.#client.destroy();
  }
}
