/**
 * The tags by which things of ours are known in the account. Plain data: the adapters write and look for them,
 * the CDK app puts them on what it makes and limits the functions' rights by them.
 */

/** On everything of an installation; the machines of others are never touched. */
export const INSTALLATION_TAG = 'workbench:installation';
/** On what belongs to one workbench: dedicated machines, access points, tasks. */
export const WORKBENCH_TAG = 'workbench:id';
export const USER_TAG = 'workbench:user';
/** On a dedicated machine: the token it was launched with. */
export const LAUNCH_TAG = 'workbench:launch';

/**
 * No tag but an attribute of container instances: by it a shared machine says which capacity provider launched it.
 * The launch templates set it in ECS_INSTANCE_ATTRIBUTES. An answer of DescribeContainerInstances names the provider
 * by itself; that an event does is not documented.
 */
export const PROVIDER_ATTRIBUTE = 'workbench-provider';
