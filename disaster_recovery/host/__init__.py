"""The part that runs on backed-up hosts: standard library only, installed by the role backup_client."""
