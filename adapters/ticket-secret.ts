import { createHash, randomBytes } from 'node:crypto';

/** Returns the secret of a new ticket: 32 random bytes, in base64url 43 characters. */
export function createTicketSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Whether a text has the form of such a secret. */
export function isTicketSecret(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text);
}

/** Returns the hash under which the ticket is stored. The secret has 256 random bits, so that a fast hash is enough. */
export function hashTicketSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
