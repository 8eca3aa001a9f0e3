/** The audit itself could not be made: the message says what it needs. An audit that was made and failed is a result. */
export class AuditError extends Error {
  override readonly name = 'AuditError';
}
