"""A twin of the extranet: real FRR daemons on the generated configuration, in namespaces of their own."""
