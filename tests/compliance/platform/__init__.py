"""The cloud itself as a subject of the audit: a snapshot of it, what the plan says of it, and a check per item."""
