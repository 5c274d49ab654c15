import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';

const OUTPUTS_FILE = join('cfn-outputs', 'flat-outputs.json');

/** Asks the stack's operations function. @throws Error with what the function says when it refuses or fails */
export type Ask = (request: object) => Promise<unknown>;

/**
 * The operations function of the stack that the outputs file describes, as whoever may use its alias for operators.
 *
 * @param project its folder, which has the outputs
 * @throws Error that says how to write the outputs when they cannot be read
 */
export function operationsOf(project: string): { ask: Ask; close(): void } {
  const { operateAliasArn, region } = outputsOf(project);
  const client = new LambdaClient({ region });
  return {
    async ask(request) {
      const command = new InvokeCommand({ FunctionName: operateAliasArn, Payload: JSON.stringify(request) });
      const { FunctionError, Payload } = await client.send(command);
      const answer = JSON.parse(Payload?.transformToString() ?? 'null');
      if (FunctionError !== undefined) throw new Error(answer?.errorMessage ?? FunctionError);
      return answer;
    },
    close: () => client.destroy(),
  };
}

function outputsOf(project: string): { operateAliasArn: string; region: string } {
  try {
    return JSON.parse(readFileSync(join(project, OUTPUTS_FILE), 'utf8'));
  } catch (error) {
    throw new Error(`${OUTPUTS_FILE}: ${(error as Error).message}; write it with \`npm run outputs\``);
  }
}
