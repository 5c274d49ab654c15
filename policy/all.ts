import { noManagedPolicies, noWildcardActions, noWildcardResources } from './access';
import { bucketsClosed, bucketsLogAccess, objectsExpire } from './buckets';
import { nothingLeftBehind, protectedTogether } from './destroy';
import { keysRotated, knownResourceTypes, storesEncrypted } from './encryption';
import { noPublicPrincipals, nothingPublic, privateSubnetsOnly, rulesBetweenGroups, servicesBound } from './exposure';
import { alarmsNotify, databaseLogged, functionsLog, keyEventsTold, networkLogged, releasesFollow } from './logging';
import { everythingTagged, namesTellTheEnvironment } from './naming';
import type { Policy } from './policy';
import { dataKept, logsKept } from './retention';
import { accessListed, iamSignIn, noSecretVariables } from './sign-in';
import { policiesRefusePlaintext, storesOverTls } from './transport';

/** Every policy, in the order in which documents show them. */
export const POLICIES: readonly Policy[] = [
  knownResourceTypes,
  storesEncrypted,
  keysRotated,
  keyEventsTold,
  storesOverTls,
  policiesRefusePlaintext,
  nothingPublic,
  privateSubnetsOnly,
  rulesBetweenGroups,
  noPublicPrincipals,
  servicesBound,
  bucketsClosed,
  noWildcardActions,
  noWildcardResources,
  noManagedPolicies,
  iamSignIn,
  accessListed,
  noSecretVariables,
  namesTellTheEnvironment,
  everythingTagged,
  logsKept,
  dataKept,
  objectsExpire,
  bucketsLogAccess,
  networkLogged,
  functionsLog,
  databaseLogged,
  alarmsNotify,
  releasesFollow,
  protectedTogether,
  nothingLeftBehind,
];
