import { FLOWS, PORTS } from '../../../lib/network';
import { evaluateStack } from '../../helpers/stack';
import { readDocument, tableOf } from './document';

const document = readDocument('docs/security.md');

describe('docs/security.md', () => {
  test('lists every permitted flow', () => {
    const flows = FLOWS.map(({ from, to, port }) => [from, to, String(PORTS[port])]);
    expect(tableOf(document, '| from | to | port |')).toEqual(flows);
  });

  test('lists what the cache user may do', async () => {
    const stack = await evaluateStack();
    const { accessString } = stack.find('aws:elasticache/user:User', 'tap-cache-processor').inputs;
    const commands = [...accessString.matchAll(/\+(\S+)/g)].map(([, command]) => `\`${command.replace('|', '\\|')}\``);
    expect(document).toContain(`${commands.join(', ')} on keys \`history:*\``);
    expect(accessString).toMatch(/^on ~history:\* -@all \+/);
  });
});
