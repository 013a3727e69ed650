"""Pulumi's programs for machines that reach package registries only; never in the way of official ones."""
