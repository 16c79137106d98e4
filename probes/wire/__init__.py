"""The wire: look-ups, connections and protocols, timed by the kernel and bounded in every direction."""
