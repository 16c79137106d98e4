"""The judge: samples and promises in, slices, outages, incidents and verdicts out. No clock and no I/O."""
