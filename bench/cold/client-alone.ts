/** What a poll needs of AWS, and nothing else. */
export { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
