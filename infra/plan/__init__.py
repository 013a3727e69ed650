"""Pure planning: facts in, proofs and a typed plan out; no cloud, no network."""
