"""The demo: three vendors that misbehave on a plan, three regions that watch them, all on loopback."""
