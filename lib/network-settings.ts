import { contains, parseRange } from './cidr';
import { FUNCTIONS } from './flows';
import type { Settings } from './settings';
import type { StackConfig } from './stack-config';

const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'];

/** Elastic IP addresses that AWS gives an account in a region without being asked for more. */
const ADDRESS_QUOTA = 5;

/** The settings of the network. */
export function networkConfig(settings: Settings) {
  const networkRange = settings.optional('networkRange') ?? '10.0.0.0/16';
  const range = parseRange(networkRange);
  const isPrivate = PRIVATE_RANGES.some((outer) => {
    const parsed = parseRange(outer);
    return parsed && range && contains(parsed, range);
  });
  if (!range || !isPrivate || range.prefix < 16 || range.prefix > 24) {
    settings.reject(
      'networkRange',
      `is "${networkRange}": set it to a private range from /16 to /24, such as 10.0.0.0/16`,
    );
  }
  const zoneCount = settings.integer('zoneCount', 3, { min: 2, max: 6, unit: 'zones' });
  return {
    networkRange,
    zoneCount,
    endpointZoneCount: settings.integer('endpointZoneCount', zoneCount, { min: 1, max: 6, unit: 'zones' }),
    availabilityZones: settings.list(
      'availabilityZones',
      /^[a-z]{2}(-[a-z]+)+-\d[a-z]$/,
      'zone names (ap-northeast-1a)',
    ),
    publicSubnets: settings.flag('publicSubnets', false),
    natGateways: settings.oneOf('natGateways', 'none', ['none', 'one', 'perZone']),
    egressFunctions: settings.choices('egressFunctions', FUNCTIONS),
  };
}

/** Checks what no setting of the network shows by itself. */
export function checkNetwork(settings: Settings, config: StackConfig): void {
  const { availabilityZones, zoneCount, endpointZoneCount, natGateways } = config;
  const zones = new Set(availabilityZones);
  if (zones.size > 0 && (zones.size !== zoneCount || zones.size !== availabilityZones.length)) {
    settings.reject('availabilityZones', `must name ${zoneCount} distinct zones, or change zoneCount`);
  }
  if (endpointZoneCount > zoneCount) {
    settings.reject('endpointZoneCount', `is ${endpointZoneCount}: there are ${zoneCount} zones`);
  }
  if (natGateways !== 'none' && !config.publicSubnets) {
    settings.reject('natGateways', `is "${natGateways}", and a NAT gateway lies in a public subnet: set publicSubnets`);
  }
  if (natGateways === 'perZone' && zoneCount > ADDRESS_QUOTA) {
    settings.reject(
      'natGateways',
      `is "perZone" in ${zoneCount} zones, and AWS gives an account ${ADDRESS_QUOTA} addresses: set it to one, or lower zoneCount`,
    );
  }
  if (config.egressFunctions.length > 0 && natGateways === 'none') {
    settings.reject('egressFunctions', 'has no way to the internet: set natGateways, or remove it');
  }
}
