"""The audit of GB/T 22239-2019: catalogue, evidence, verdicts and report."""
