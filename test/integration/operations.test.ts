import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { MerchantsAtRisk } from '../../processor/operations/merchants-at-risk';
import type { ChainVerification } from '../../processor/operations/verify-chain';
import { operate, status } from './operations';
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

test('what was recorded is whole, and what is recorded from now on follows the head that status gave', async () => {
  const { auditChain } = await status();
  const verification = await operate<ChainVerification>({ action: 'verify-chain', expected: [auditChain] });
  expect(verification).toMatchObject({ intact: true, verified: verification.head?.sequence });
  expect(verification.verified).toBeGreaterThan(auditChain.sequence);
}, 120_000);

test('merchants are held against 500,000 yen', async () => {
  const { thresholdYen, total, merchants } = await operate<MerchantsAtRisk>({ action: 'merchants-at-risk' });
  expect(thresholdYen).toBe(500_000);
  expect(merchants).toHaveLength(Math.min(total, 1_000));
});

test('a rebuild that is asked for while histories are whole does nothing', async () => {
  const Payload = JSON.stringify({ action: 'rebuild' });
  const answer = await lambda.send(new InvokeCommand({ FunctionName: output('operateAliasArn'), Payload }));
  expect(answer.FunctionError).toBeUndefined();
  expect(JSON.parse(answer.Payload?.transformToString() ?? '')).toMatchObject({ restored: 0, judgedAgain: 0 });
});
