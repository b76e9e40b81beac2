/**
 * The tags that identify the resources of an installation. The adapters set them and filter by them; the CDK app sets
 * them, and restricts the permissions of the functions to resources that have them.
 */

/** On every resource of an installation. Resources without it are never changed. */
export const INSTALLATION_TAG = 'workbench:installation';
/** On the resources of one workbench: hosts, access points, tasks. */
export const WORKBENCH_TAG = 'workbench:id';
/** On the resources of one workbench: the owner. */
export const USER_TAG = 'workbench:user';
/** On a host: the client token of its launch. */
export const LAUNCH_TAG = 'workbench:launch';

/**
 * An attribute of container instances, not a tag: the capacity provider that launched a shared instance. The launch
 * templates set it in ECS_INSTANCE_ATTRIBUTES. DescribeContainerInstances returns the provider itself; whether events
 * contain it is not documented.
 */
export const PROVIDER_ATTRIBUTE = 'workbench-provider';
