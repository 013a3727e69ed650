"""Rules that every plan must pass, each named after the control that it serves."""
