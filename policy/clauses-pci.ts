import type { Clause } from './clauses';

/** What AWS itself does and refuses is told by CloudTrail alone. */
const TRAIL =
  'Set auditTrail to all, or have a trail of the account log management events, in a bucket whose readers are few.';

/**
 * The requirements of PCI DSS 4.0.1 that bear on the stack, and those an auditor will ask about although it has no part in
 * them. The stack keeps no card numbers, so many would not apply to it; it is built as if they did, because a producer can
 * send one by mistake.
 */
export const PCI = {
  'PCI 1.2.5': { asks: 'Every service, protocol and port that is open is known, approved and needed.' },
  'PCI 1.2.8': { asks: 'The configuration of network controls is kept from tampering and is what is in force.' },
  'PCI 1.3.1': { asks: 'Only the traffic that is needed comes in.' },
  'PCI 1.3.2': { asks: 'Only the traffic that is needed goes out.' },
  'PCI 1.4.2': { asks: 'What comes from untrusted networks reaches only what is meant to be public.' },
  'PCI 1.4.4': { asks: 'What stores card data cannot be reached from untrusted networks.' },
  'PCI 2.2.1': {
    asks: 'Components are configured by a standard that removes known weaknesses.',
    operator: 'Name the policies of this repository as that standard, or extend them by your own.',
  },
  'PCI 2.2.2': {
    asks: 'Default accounts of vendors have another password, or are off.',
    operator: "Choose the master user's name and a random password in the secret.",
  },
  'PCI 2.2.7': { asks: 'Administration over the network is encrypted.' },
  'PCI 3.2.1': {
    asks: 'Account data is kept no longer than it is needed, and disposed of.',
    operator:
      'Decide archiveRetentionDays and drop days of the database by a schedule of your own (docs/operations.md).',
  },
  'PCI 3.3.1': { asks: 'Sensitive authentication data is not kept after authorisation.' },
  'PCI 3.4.1': { asks: 'A card number is masked wherever it is shown.' },
  'PCI 3.5.1': {
    asks: 'A card number is unreadable wherever it is stored.',
    operator:
      'Look through the bucket of failed records when its alarm goes off: it and the stream hold records as producers sent them.',
  },
  'PCI 3.5.1.2': {
    asks: 'Encryption of disks or partitions alone does not count as making a card number unreadable, but on removable media.',
    operator:
      'Delete a card number that a producer sent by mistake: until it expires it lies in the stream and, if it failed, in a bucket, under encryption at rest alone.',
  },
  'PCI 3.6.1': {
    asks: 'Keys are protected against disclosure and misuse, and few have access to them.',
    operator: 'Limit kms:PutKeyPolicy and kms:ScheduleKeyDeletion in the account to those who administer keys.',
  },
  'PCI 3.7.4': { asks: 'Keys change at the end of the time they are meant for.' },
  'PCI 3.7.5': {
    asks: 'Keys that are no longer needed or trusted are retired, replaced or destroyed.',
    operator: 'Destroy a key only after what it encrypts has expired: no snapshot or object outlives it.',
  },
  'PCI 3.7.7': { asks: 'Nobody can put another key in the place of one.', operator: TRAIL },
  'PCI 4.2.1': { asks: 'Card data that crosses open networks is strongly encrypted.' },
  'PCI 5.2.1': {
    asks: 'Components are protected against malware where they are at risk of it.',
    outside:
      'Nothing of the stack is a server one could install on: functions run a sealed archive, stores are managed by AWS.',
    operator: 'Record why nothing here is at risk of malware, and evaluate it anew from time to time (5.2.3).',
  },
  'PCI 6.2.3': {
    asks: "The organisation's own code is reviewed before it is released.",
    operator: 'Require a review by a second person on the main branch.',
  },
  'PCI 6.2.4': { asks: 'Common attacks on software are prevented by how it is built.' },
  'PCI 6.3.2': { asks: 'There is an inventory of own software and of what it is made from.' },
  'PCI 6.3.3': {
    asks: 'Security patches are installed, critical ones within a month.',
    operator: 'Run npm audit and npm outdated regularly, and merge what they ask for.',
  },
  'PCI 6.5.1': {
    asks: 'Changes in production follow a procedure: reason, approval, tests, a way back.',
    operator: 'Have a second person approve each deployment of prod: the pipeline deploys dev alone.',
  },
  'PCI 6.5.3': {
    asks: 'Production is separated from what comes before it.',
    operator: 'Deploy dev and prod to accounts of their own: allowedAccountId holds each to its account.',
  },
  'PCI 6.5.4': {
    asks: 'Only what has been reviewed and approved gets deployed.',
    operator: 'Protect the main branch: no merge without a review and green checks.',
  },
  'PCI 6.5.5': { asks: 'No real card numbers are used outside production.' },
  'PCI 7.2.1': { asks: 'Access follows a model by function, with the least privilege.' },
  'PCI 7.2.2': {
    asks: "People's access follows their job, with the least privilege.",
    operator: 'Set producerPrincipals, operatorPrincipals and approverPrincipals; without them the account decides.',
  },
  'PCI 7.2.4': {
    asks: "People's access is reviewed every six months.",
    outside: 'Who may assume the roles is decided in the account.',
    operator: 'Review who may assume the three roles and who administers the account, twice a year.',
  },
  'PCI 7.2.5': { asks: 'Accounts of applications and systems have the least privilege.' },
  'PCI 7.2.6': {
    asks: 'People query stored card data only through programs that restrict what they may ask.',
    operator: 'Keep the master credentials from people: they open the database past the operations function.',
  },
  'PCI 7.3.3': { asks: 'What is not allowed is denied.' },
  'PCI 8.2.1': {
    asks: 'Everybody has an identity of their own.',
    operator: 'Let people assume the roles from identities of their own; CloudTrail then names them.',
  },
  'PCI 8.3.2': { asks: 'Passwords and tokens are unreadable on their way and where they are kept.' },
  'PCI 8.4.2': {
    asks: 'Access to card data takes more than one factor.',
    outside: 'Sign-in of people happens before they come to the stack.',
    operator: 'Require MFA of those who may assume the roles (aws:MultiFactorAuthPresent in their policies).',
  },
  'PCI 8.6.1': { asks: 'Accounts of applications are not used by people to sign in.' },
  'PCI 8.6.2': { asks: 'No password of such an account stands in code or configuration.' },
  'PCI 8.6.3': {
    asks: 'Passwords of such accounts are changed and strong.',
    operator: 'Change the master password in the secret, and deploy: RDS takes it at the next `up`.',
  },
  'PCI 9.1.1': {
    asks: 'Physical access to systems that hold card data is restricted.',
    outside: 'Everything runs in AWS data centres.',
    operator: "Keep AWS's attestation of compliance (AWS Artifact) with this document.",
  },
  'PCI 10.2.1': { asks: 'Audit logs are on for all components and for card data.' },
  'PCI 10.2.1.1': {
    asks: "Each person's access to card data is logged.",
    operator:
      'Set auditTrail, or let a trail of the account log data events of the operations function: it tells who asked.',
  },
  'PCI 10.2.1.2': { asks: 'Everything that an administrator does is logged.', operator: TRAIL },
  'PCI 10.2.1.3': { asks: 'Access to audit logs is logged.', operator: TRAIL },
  'PCI 10.2.1.4': { asks: 'Refused attempts at access are logged.', operator: TRAIL },
  'PCI 10.2.1.5': { asks: 'Changes of accounts and privileges are logged.', operator: TRAIL },
  'PCI 10.2.1.6': {
    asks: 'Starting, stopping and pausing of audit logs is logged.',
    operator: TRAIL,
  },
  'PCI 10.2.1.7': { asks: 'Creation and deletion of system objects is logged.', operator: TRAIL },
  'PCI 10.2.2': {
    asks: 'A log entry tells who, what, when, where from, whether it succeeded, and what it touched.',
    operator:
      'Set auditTrail, or keep a trail of the account with data events of the operations function: it adds who asked and from where to what the audit tables say.',
  },
  'PCI 10.3.1': {
    asks: 'Only those who need them read audit logs.',
    outside: 'Who may read log groups is decided in the account.',
    operator: 'Limit logs:GetLogEvents and logs:StartQuery on the audit groups in the account.',
  },
  'PCI 10.3.2': { asks: 'Nobody can change audit logs.' },
  'PCI 10.3.3': {
    asks: 'Audit logs are soon copied to where they are hard to change.',
    operator: 'Forward the audit groups to a log account by subscription filters, if your scope asks for one.',
  },
  'PCI 10.3.4': {
    asks: 'A change of existing log data is noticed.',
    operator:
      'Keep the head of the chain outside now and then (docs/security.md), and have a trail: that a log group is deleted is told there alone.',
  },
  'PCI 10.4.1': {
    asks: 'Logs of security events and of what handles card data are reviewed every day.',
    operator: 'Name who reads the alarm topic and the dashboard every day.',
  },
  'PCI 10.4.1.1': { asks: 'Reviews of logs are automated.' },
  'PCI 10.5.1': { asks: 'Audit logs are kept for twelve months, three of them at hand.' },
  'PCI 10.6.1': {
    asks: 'Clocks are synchronised.',
    outside: 'Functions and stores run on clocks that AWS keeps.',
    operator: 'Keep the clocks of producers right: transactions are judged by their time.',
  },
  'PCI 10.7.2': {
    asks: 'Failures of security controls are detected, alerted and dealt with.',
    operator: 'Subscribe to the alarm topic (alarmEmail, or a subscription of your own).',
  },
  'PCI 11.3.1': {
    asks: 'The inside is scanned for vulnerabilities every three months.',
    outside: 'Only what runs can be scanned.',
    operator: 'Scan the functions, for example with Amazon Inspector, and act on what it finds.',
  },
  'PCI 11.3.2': {
    asks: 'The outside is scanned every three months by an approved vendor (ASV).',
    outside: 'The stack has no public address.',
    operator: 'Have the vendor confirm that nothing of the stack is in reach.',
  },
  'PCI 11.4.1': {
    asks: 'Penetration tests follow a defined method.',
    outside: 'Penetration tests are commissioned by the operator.',
    operator: 'Commission tests, and include the segmentation of the VPC in them (11.4.5).',
  },
  'PCI 11.5.1': {
    asks: 'Intrusions into the network are detected or prevented.',
    operator: 'Turn on Amazon GuardDuty in the account: it reads flow logs by itself. The stack only records traffic.',
  },
  'PCI 11.5.2': { asks: 'Changes of critical files that nobody approved are noticed.' },
  'PCI 12.1.1': {
    asks: 'There is a policy for information security that everybody knows.',
    outside: 'An organisation writes it.',
    operator: 'Write the policy, and refer from it to this document.',
  },
  'PCI 12.3.3': {
    asks: 'Ciphers and protocols in use are listed and reviewed every year.',
    operator: 'Review the table of keys in docs/security.md once a year.',
  },
  'PCI 12.5.1': { asks: 'There is a current inventory of all components in scope.' },
  'PCI 12.5.2': {
    asks: 'The scope is confirmed every year and at every change that matters.',
    operator: 'Confirm once a year that producers send tokens and no card numbers.',
  },
  'PCI 12.8.1': {
    asks: 'There is a list of the service providers that card data is shared with.',
    outside: 'The only one of the stack is AWS.',
    operator: 'List AWS, and whoever subscribes to the alerts.',
  },
  'PCI 12.10.1': {
    asks: 'A plan for incidents is ready.',
    operator: 'Put names to the runbook’s escalations, and rehearse it (npm run drill shows the failures).',
  },
} as const satisfies Record<`PCI ${string}`, Clause>;
