/** Only the AWS client that a poll uses. */
export { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
