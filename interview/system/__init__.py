"""What an admin sees of the machinery: background jobs and the audit trail."""
