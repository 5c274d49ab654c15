import { CreateAliasCommand, CreateKeyCommand, EnableKeyRotationCommand } from '@aws-sdk/client-kms';
import type * as aws from '@pulumi/aws';
import { realiser } from './realise';

export const encryption = {
  'aws:kms/key:Key': realiser<aws.kms.KeyArgs>(async ({ description, policy, enableKeyRotation }, { clients }) => {
    const { KeyMetadata } = await clients.kms.send(new CreateKeyCommand({ Description: description, Policy: policy }));
    const KeyId = KeyMetadata?.KeyId ?? '';
    if (enableKeyRotation) await clients.kms.send(new EnableKeyRotationCommand({ KeyId }));
    return { id: KeyId, state: { keyId: KeyId, arn: KeyMetadata?.Arn } };
  }),
  'aws:kms/alias:Alias': realiser<aws.kms.AliasArgs>(async ({ name, targetKeyId }, { clients }) => {
    await clients.kms.send(new CreateAliasCommand({ AliasName: name, TargetKeyId: targetKeyId }));
    return { id: name };
  }),
};
