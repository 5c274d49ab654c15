import * as aws from '@pulumi/aws';
import type * as pulumi from '@pulumi/pulumi';
import type { Names } from './naming';

export interface UsagePlanArgs {
  names: Names;
  apiId: pulumi.Input<string>;
  stageName: pulumi.Input<string>;
  /** Requests a day with one key. */
  dailyQuota: number;
}

/**
 * A quota a day, and a key that it counts by. The key signs nobody in; it only says whose quota a request counts against. AWS makes
 * its value, which is a secret of the state and no output.
 *
 * @returns id of the key
 */
export function createUsagePlan(
  name: string,
  { names, apiId, stageName, dailyQuota }: UsagePlanArgs,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const plan = new aws.apigateway.UsagePlan(
    name,
    {
      name: names.of('ingestUsagePlan'),
      description: 'What producers may send a day',
      apiStages: [{ apiId, stage: stageName }],
      quotaSettings: { limit: dailyQuota, period: 'DAY' },
    },
    { parent },
  );
  const key = new aws.apigateway.ApiKey(
    name,
    { name: names.of('ingestApiKey'), description: 'Counts the requests of producers' },
    { parent },
  );
  new aws.apigateway.UsagePlanKey(name, { usagePlanId: plan.id, keyId: key.id, keyType: 'API_KEY' }, { parent });
  return key.id;
}
