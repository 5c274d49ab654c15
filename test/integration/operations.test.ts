import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { client, output } from './stack';

const lambda = new LambdaClient(client);
const activate = { action: 'activate', version: 'it-no-such', approver: 'it-approver', reason: 'integration test' };

/** What the operations function says to a request that it refuses. */
async function refusal(place: Parameters<typeof output>[0], request: object): Promise<string> {
  const command = new InvokeCommand({ FunctionName: output(place), Payload: JSON.stringify(request) });
  const { FunctionError, Payload } = await lambda.send(command);
  expect(FunctionError).toBe('Unhandled');
  return JSON.parse(Payload?.transformToString() ?? '{}').errorMessage;
}

test.each([
  ['operationsFunctionName', { action: 'status' }, 'status is not to be had here; invoke its alias "operate"'],
  ['operateAliasArn', { action: 'migrate' }, 'migrate is not to be had here; invoke the function itself'],
  ['approveAliasArn', { action: 'migrate' }, 'migrate is not to be had here; invoke the function itself'],
  ['operateAliasArn', activate, 'activate is not to be had here; invoke its alias "approve"'],
] as const)('%s does not lead to %j', async (place, request, message) => {
  expect(await refusal(place, request)).toContain(message);
});

test('the alias of approvers leads to activation', async () => {
  expect(await refusal('approveAliasArn', activate)).toContain('it-no-such');
});

test('a rebuild that is asked for while histories are whole does nothing', async () => {
  const Payload = JSON.stringify({ action: 'rebuild' });
  const answer = await lambda.send(new InvokeCommand({ FunctionName: output('operateAliasArn'), Payload }));
  expect(answer.FunctionError).toBeUndefined();
  expect(JSON.parse(answer.Payload?.transformToString() ?? '')).toMatchObject({ restored: 0, judgedAgain: 0 });
});
