"""Mail: letters of the outbox as messages, given to an SMTP relay."""
