"""The lab: an OpenStack in a box and the tools that drive it, so that everything else runs for real on one machine."""
