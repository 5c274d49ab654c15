import { X509Certificate } from 'node:crypto';
import { rdsAuthorities } from '../../../lib/authorities';

describe('rdsAuthorities', () => {
  it('are the root authorities of the region, the one of rds-ca-rsa2048-g1 among them, and no other', () => {
    const subjects = rdsAuthorities('ap-northeast-1').map((pem) => /CN=.*/.exec(new X509Certificate(pem).subject)?.[0]);
    expect(subjects.sort()).toEqual([
      'CN=Amazon RDS ap-northeast-1 Root CA ECC384 G1',
      'CN=Amazon RDS ap-northeast-1 Root CA RSA2048 G1',
      'CN=Amazon RDS ap-northeast-1 Root CA RSA4096 G1',
    ]);
  });

  it('tells regions of one prefix apart, and knows none where there is none', () => {
    expect(rdsAuthorities('us-east-1')).toHaveLength(3);
    expect(rdsAuthorities('us-east')).toEqual([]);
    expect(rdsAuthorities('')).toEqual([]);
  });
});
