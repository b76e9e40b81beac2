/** A rule of the simulation does not hold. The message says which workbench, task or resource violates it. */
export class RuleViolation extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RuleViolation';
  }
}
