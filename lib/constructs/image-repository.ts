import { RemovalPolicy } from 'aws-cdk-lib';
import {
  ImageTagMutabilityExclusionFilter,
  type IRepository,
  Repository,
  TagMutability,
  TagStatus,
} from 'aws-cdk-lib/aws-ecr';
import { Construct } from 'constructs';

/** How many images without a tag are kept: what `latest` was before, to go back to. */
const UNTAGGED_IMAGES_MAX = 20;

/** Where the image of workbenches is pushed to. `latest` moves; every other tag is written once, so that it pins. */
export class ImageRepository extends Construct {
  readonly repository: IRepository;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.repository = new Repository(this, 'Repository', {
      imageScanOnPush: true,
      imageTagMutability: TagMutability.IMMUTABLE_WITH_EXCLUSION,
      imageTagMutabilityExclusionFilters: [ImageTagMutabilityExclusionFilter.wildcard('latest')],
      lifecycleRules: [
        {
          description: 'Images that no tag names any more',
          tagStatus: TagStatus.UNTAGGED,
          maxImageCount: UNTAGGED_IMAGES_MAX,
        },
      ],
      // Workbenches that run may have to pull it again.
      removalPolicy: RemovalPolicy.RETAIN,
      emptyOnDelete: false,
    });
  }
}
