/** What every Pulumi program for AWS loads before its first line. */
import '@pulumi/pulumi';
import '@pulumi/aws';
