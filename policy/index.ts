import { PolicyPack } from '@pulumi/policy';
import { pulumiPolicies } from './pack';

new PolicyPack('japancart', { enforcementLevel: 'mandatory', policies: pulumiPolicies() });
