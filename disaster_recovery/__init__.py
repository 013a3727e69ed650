"""Disaster recovery: what is promised, what a drill showed, and the report that compares the two."""
